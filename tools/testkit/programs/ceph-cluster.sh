#!/bin/bash
# A small Ceph on loopback that keeps objects in memory: one monitor, one manager, six OSDs, a gateway for S3 if asked.
# Says "ready" on stdout and runs until its stdin ends. For slow tests and benchmarks only: whoever reaches it may do anything.
#   ceph-cluster.sh DIRECTORY MONITOR_PORT [GATEWAY_PORT ACCESS_KEY SECRET_KEY]
set -e
directory=$1 monitor_port=$2 gateway_port=$3 access_key=$4 secret_key=$5
mkdir -p "$directory"/{mon,mgr,run,log,rgw}
fsid=$(cat /proc/sys/kernel/random/uuid)
cat > "$directory/ceph.conf" <<CONF
[global]
fsid = $fsid
mon_host = [v2:127.0.0.1:$monitor_port]
auth_cluster_required = cephx, none
auth_service_required = cephx, none
auth_client_required = cephx, none
auth_allow_insecure_global_id_reclaim = true
run_dir = $directory/run
log_file = $directory/log/\$name.log
admin_socket = $directory/run/\$name.asok
pid_file = $directory/run/\$name.pid
crash_dir = $directory/run
keyring = $directory/keyring
mon_data = $directory/mon
mgr_data = $directory/mgr
osd_data = $directory/osd\$id
osd_objectstore = memstore
memstore_device_bytes = 3221225472
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
osd_crush_chooseleaf_type = 0
mon_max_pg_per_osd = 1000
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
rgw_frontends = beast endpoint=127.0.0.1:$gateway_port
rgw_data = $directory/rgw
CONF
export CEPH_CONF=$directory/ceph.conf
# All that is started here ends with this script.
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
daemon() { "$@" -f --setuser root --setgroup root > /dev/null 2>> "$directory/log/daemons.log" & }
ask() { timeout 60 "$@" 2>> "$directory/log/setup.log"; }

ask ceph-authtool --create-keyring "$directory/keyring" --gen-key -n mon. --cap mon 'allow *' > /dev/null
ask ceph-authtool "$directory/keyring" --gen-key -n client.admin \
  --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' > /dev/null
ask monmaptool --create --clobber --fsid "$fsid" --addv a "[v2:127.0.0.1:$monitor_port]" "$directory/monmap" > /dev/null
ask ceph-mon --mkfs -i a --monmap "$directory/monmap" --keyring "$directory/keyring" --setuser root --setgroup root
daemon ceph-mon -i a
ask ceph auth get-or-create mgr.x mon 'allow *' osd 'allow *' mds 'allow *' >> "$directory/keyring"
daemon ceph-mgr -i x
for i in 0 1 2 3 4 5; do
  mkdir -p "$directory/osd$i"
  uuid=$(cat /proc/sys/kernel/random/uuid)
  ask ceph osd new "$uuid" > /dev/null
  ask ceph auth get-or-create "osd.$i" mon 'allow profile osd' mgr 'allow profile osd' osd 'allow *' >> "$directory/keyring"
  ask ceph-osd -i "$i" --mkfs --osd-uuid "$uuid" --setuser root --setgroup root
  daemon ceph-osd -i "$i"
done
until ask ceph osd stat | grep -q '6 up'; do sleep 0.2; done
if [ -n "$gateway_port" ]; then
  ask radosgw-admin user create --uid=tests --display-name=tests \
    "--access-key=$access_key" "--secret-key=$secret_key" > /dev/null
  daemon radosgw -n client.admin
  until (exec 3<> "/dev/tcp/127.0.0.1/$gateway_port") 2> /dev/null; do sleep 0.2; done
fi
echo ready
cat > /dev/null
