"""A program as MongoDB's documents for Python have them; says what it found as one line of JSON."""
import datetime
import json
import sys
import uuid

import gridfs
import pymongo
from bson import Binary, Decimal128, Int64, ObjectId, Timestamp
from pymongo import ASCENDING, DeleteMany, InsertOne, MongoClient, ReturnDocument, UpdateOne

client = MongoClient(sys.argv[1], serverSelectionTimeoutMS=5000, uuidRepresentation="standard")
db = client.shop
found = {}

post = {
    "_id": ObjectId(), "author": "Ada", "tags": ["mill", "race"], "date": datetime.datetime(2020, 1, 2, 3, 4, 5, 678000),
    "id": uuid.UUID(int=7), "price": Decimal128("1.10"), "count": Int64(5), "half": 0.5, "bytes": Binary(b"ab", 5),
    "time": Timestamp(1, 2), "nested": {"z": 1, "a": [None, True]},
}
db.posts.insert_one(post)
found["keeps"] = db.posts.find_one({"id": uuid.UUID(int=7)}) == post
found["index"] = db.posts.create_index([("author", ASCENDING), ("date", -1)], unique=True)
try:
    db.posts.insert_one({"author": "Ada", "date": post["date"]})
except pymongo.errors.DuplicateKeyError as error:
    found["duplicate"] = error.details["keyPattern"]

db.many.insert_many([{"_id": i, "text": "x" * 50} for i in range(3000)])
found["batches"] = sum(d["_id"] for d in db.many.find().batch_size(37))
found["counts"] = [db.many.count_documents({"_id": {"$gte": 2990}}), db.many.estimated_document_count()]
result = db.many.bulk_write([InsertOne({"_id": -1}), UpdateOne({"_id": -2}, {"$set": {"a": 1}}, upsert=True), DeleteMany({"_id": {"$gte": 0}})])
found["bulk"] = [result.inserted_count, result.upserted_count, result.deleted_count]
found["modified"] = db.many.find_one_and_update({"_id": -2}, {"$inc": {"a": 1}}, return_document=ReturnDocument.AFTER)
found["let"] = list(db.many.aggregate([{"$match": {"$expr": {"$eq": ["$_id", "$$k"]}}}], let={"k": -1}))

with client.start_session() as session:
    session.with_transaction(lambda s: db.kept.insert_one({"_id": 1}, session=s))
    try:
        with session.start_transaction():
            db.kept.insert_one({"_id": 2}, session=session)
            raise KeyError
    except KeyError:
        pass
found["transactions"] = [d["_id"] for d in db.kept.find()]

with db.watched.watch(full_document="updateLookup", max_await_time_ms=100) as stream:
    db.watched.insert_one({"_id": 1})
    db.watched.update_one({"_id": 1}, {"$set": {"a": 1}})
    db.watched.delete_one({"_id": 1})
    found["changes"] = [next(stream)["operationType"] for _ in range(3)]

files = gridfs.GridFS(db)
found["file"] = files.get(files.put(b"hello" * 100000)).length
found["names"] = sorted(db.list_collection_names())
print(json.dumps(found))
