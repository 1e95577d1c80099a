"""Makes language.json: decimals by Python's decimal at 34 digits, calendars by datetime and zoneinfo."""
import json, random
from datetime import datetime, timedelta, timezone
from decimal import Context, Decimal, ROUND_HALF_EVEN
from zoneinfo import ZoneInfo

random.seed(7)
context = Context(prec=34, rounding=ROUND_HALF_EVEN, Emin=-6143, Emax=6144)


def number():
    digits = random.choice([1, 3, 10, 20, 34])
    sign = random.choice(["", "-"])
    return f"{sign}{random.randrange(1, 10**digits)}E{random.choice([-40, -12, -3, 0, 2, 15])}"


def text(value):
    return str(value)


pairs = []
for _ in range(120):
    a, b = number(), number()
    x, y = Decimal(a), Decimal(b)
    pairs.append([a, b, text(context.add(x, y)), text(context.multiply(x, y)), text(context.divide(x, y))])
singles = []
for _ in range(60):
    a = number().lstrip("-")
    x = Decimal(a)
    small = text(context.divide(x, Decimal(10) ** (x.adjusted() - 1)))
    singles.append([a, text(context.sqrt(x)), text(context.ln(x)), small, text(context.exp(Decimal(small)))])
dates = []
for zone in ["UTC", "America/New_York", "Europe/Paris", "Asia/Kolkata", "Australia/Lord_Howe"]:
    for _ in range(40):
        when = datetime(1971, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=random.randrange(0, 2_000_000_000))
        local = when.astimezone(ZoneInfo(zone))
        iso = local.isocalendar()
        dates.append([
            int(when.timestamp()) * 1000, zone, local.year, local.month, local.day, local.hour, local.minute,
            int(local.strftime("%j")), int(local.strftime("%U")), iso[0], iso[1], iso[2], local.strftime("%Y-%m-%d %H:%M:%S %z"),
        ])
with open("language.json", "w", encoding="utf-8") as file:
    json.dump({"pairs": pairs, "singles": singles, "dates": dates}, file, indent=None, separators=(",", ":"))
    file.write("\n")
