#!/usr/bin/env bash
# up.sh: boot a Kubernetes cluster (real kubelet, containerd, runc, CNI,
# kube-proxy) from binaries. Every node lives in its own mount, network, PID, UTS
# and IPC namespaces on this machine. Needs root and Linux; no systemd, no
# container engine, no registry, no Internet. On the host it leaves one bridge
# with a veth per node, a route per pod range and one for Services, the cgroup
# directories /sys/fs/cgroup/*/$NAME, and $STATE; no sysctl, no firewall rule.
#
#   up.sh       boot, wait until every node is Ready, write $STATE/kubeconfig, $STATE/env
#   down.sh     kill each node's PID 1 (the kernel kills the rest), clean up
#
# Environment [default]:
#   NAME [waypost]  STATE [${TMPDIR:-/tmp}/waypost-node]  NODES [1]
#   KAS     kube-apiserver, -controller-manager, -scheduler, -proxy, kubelet, kubectl, etcd [bin/kube]
#   BIN     coredns, and optional own builds of containerd + shim + ctr and CNI plugins [bin/node];
#           what is missing there is taken from Debian's packages
#   RUNC    [Debian's, else $BIN/runc]   IMAGES  *.tar imported on every node [bin/node/images]
#   DNS     1|0 [1 if $BIN/coredns]   PROXY nftables|iptables [nftables]   SYNC kubelet syncFrequency [1m0s]
#   SYN_SENT seconds conntrack keeps an unanswered SYN [10; the kernel's default is 120]
#   NODE_NET POD_NET SVC_NET  [10.240.0 10.241 10.242.0]   TIMEOUT seconds [240]
set -euo pipefail
ROOT=$(cd "$(dirname "$(readlink -f "$0")")/../../.." && pwd)
: "${NAME:=waypost}" "${STATE:=${TMPDIR:-/tmp}/waypost-node}" "${NODES:=1}" "${TIMEOUT:=240}"
: "${KAS:=$ROOT/bin/kube}" "${BIN:=$ROOT/bin/node}" "${IMAGES:=$ROOT/bin/node/images}"
: "${PROXY:=nftables}" "${SYNC:=1m0s}" "${SYN_SENT:=10}" "${NODE_NET:=10.240.0}" "${POD_NET:=10.241}" "${SVC_NET:=10.242.0}"
have() { [ -x "$1" ] && echo "$1" || echo "$2"; }
: "${CONTAINERD:=$(have "$BIN/containerd" /usr/bin/containerd)}" "${RUNC:=$(have /usr/sbin/runc "$BIN/runc")}"
: "${CNI:=$(dirname "$(have "$BIN/bridge" /usr/lib/cni/bridge)")}" "${DNS:=$([ -x "$BIN/coredns" ] && echo 1 || echo 0)}"
CTR=$(dirname "$CONTAINERD")/ctr
HOST_IP=$NODE_NET.1 API_IP=$NODE_NET.2 SVC_CIDR=$SVC_NET.0/24 SVC_IP=$SVC_NET.1 PODS=$POD_NET.0.0/16
BRIDGE=br-${NAME:0:12} PKI=$STATE/pki API=https://$API_IP:6443
node_ip() { echo "$NODE_NET.$((1 + $1))"; }
pod_cidr() { echo "$POD_NET.$1.0/24"; }
now() { date +%s%N; }
say() { local t=$(( ($(now) - T0) / 10000000 )); printf '%3d.%02ds %s\n' $((t / 100)) $((t % 100)) "$*"; }

############################ inside the namespaces ############################
if [ "${1:-}" = __node ]; then
	I=$2 N=node-$2 S=$STATE/node-$2 IP=$(node_ip "$2")
	# /proc still is the host's here, so this is the PID that down.sh can kill
	read -r pid _ < /proc/self/stat; echo "$pid" > "$S/init.pid"
	mount --make-rshared /                    # kubelet and runc want shared propagation, from here down only
	mount -t proc proc /proc
	mount -t tmpfs -o mode=755 tmpfs /run     # hides the host's sockets
	mkdir -p /run/netns /run/lock /run/containerd
	mount --bind "$S/var-lib" /var/lib
	mount --bind "$S/var-log" /var/log
	# The kubelet insists on these sysctls and would set them for the whole
	# machine (kernel.panic_on_oops=1 among them): show it files instead.
	for kv in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
		kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
		f=$S/sysctl/${kv%%=*}; mkdir -p "${f%/*}"; echo "${kv##*=}" > "$f"
		mount --bind "$f" "/proc/sys/${kv%%=*}"
	done
	hostname "$N"
	ip link set lo up
	# (not /sys/class/net: that sysfs still shows the host's network namespace)
	# up.sh moves eth0 in; if it was killed meanwhile, do not stay behind
	until ip link show eth0 >/dev/null 2>&1; do sleep 0.02; [ $SECONDS -lt 20 ]; done
	ip addr add "$IP/24" dev eth0; ip link set eth0 up
	for j in $(seq "$NODES"); do [ "$j" = "$I" ] || ip route add "$(pod_cidr "$j")" via "$(node_ip "$j")"; done
	echo 1 > /proc/sys/net/ipv4/ip_forward    # this network namespace only
	# A SYN to an endpoint that just went away leaves a conntrack entry for 120 s; a
	# client that reuses the source port meanwhile is sent to the dead endpoint. Real
	# clusters do that; between two tests it is a flake, so forget it sooner.
	echo "$SYN_SENT" > /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_syn_sent
	export PATH=$(dirname "$CONTAINERD"):$BIN:$PATH
	# a component's command line is kept, so that a test can kill and restart it
	start() { local n=$1; shift; printf '%q ' "$@" > "$S/cmd/$n"; "$@" >> "$S/log/$n.log" 2>&1 & echo $! > "$S/pid/$n"; }
	api() { curl -fsS --cacert "$PKI/ca.crt" --cert "$PKI/admin.crt" --key "$PKI/admin.key" "$@"; }

	start containerd "$CONTAINERD" --config "$S/conf/containerd.toml"
	if [ "$I" = 1 ]; then
		start etcd "$KAS/etcd" --data-dir "$S/etcd" --unsafe-no-fsync --log-level warn \
			--listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
			--listen-peer-urls http://127.0.0.1:2380
		start kube-apiserver "$KAS/kube-apiserver" --etcd-servers http://127.0.0.1:2379 \
			--bind-address "$API_IP" --advertise-address "$API_IP" --secure-port 6443 \
			--service-cluster-ip-range "$SVC_CIDR" --authorization-mode Node,RBAC \
			--enable-admission-plugins NodeRestriction --allow-privileged \
			--client-ca-file "$PKI/ca.crt" --tls-cert-file "$PKI/apiserver.crt" --tls-private-key-file "$PKI/apiserver.key" \
			--kubelet-client-certificate "$PKI/kubelet-client.crt" --kubelet-client-key "$PKI/kubelet-client.key" \
			--kubelet-preferred-address-types InternalIP \
			--service-account-issuer https://kubernetes.default.svc.cluster.local \
			--service-account-key-file "$PKI/sa.key" --service-account-signing-key-file "$PKI/sa.key"
	fi
	until "$CTR" -n k8s.io version >/dev/null 2>&1; do sleep 0.1; done
	for t in "$IMAGES"/*.tar; do "$CTR" -n k8s.io images import "$t" >> "$S/log/images.log" 2>&1; done
	if [ "$I" = 1 ]; then
		until api -o /dev/null "$API/readyz" 2>/dev/null; do sleep 0.1; done
		touch "$STATE/apiserver.ready"
		start kube-controller-manager "$KAS/kube-controller-manager" --kubeconfig "$PKI/kcm.kubeconfig" \
			--leader-elect=false --bind-address 127.0.0.1 --use-service-account-credentials \
			--service-account-private-key-file "$PKI/sa.key" --root-ca-file "$PKI/ca.crt" \
			--cluster-signing-cert-file "$PKI/ca.crt" --cluster-signing-key-file "$PKI/ca.key" \
			--kube-api-qps 300 --kube-api-burst 600 --flex-volume-plugin-dir /var/lib/kcm-volume-plugins
		start kube-scheduler "$KAS/kube-scheduler" --kubeconfig "$PKI/scheduler.kubeconfig" \
			--leader-elect=false --bind-address 127.0.0.1 --kube-api-qps 200 --kube-api-burst 400
	fi
	until [ -e "$STATE/apiserver.ready" ]; do sleep 0.1; done
	start kubelet "$KAS/kubelet" --config "$S/conf/kubelet.yaml" --kubeconfig "$PKI/$N.kubeconfig" \
		--hostname-override "$N" --node-ip "$IP" --v=2
	start kube-proxy "$KAS/kube-proxy" --config "$S/conf/kube-proxy.yaml" --hostname-override "$N"
	if [ "$I" = 1 ] && [ "$DNS" = 1 ]; then
		R=$API/apis/rbac.authorization.k8s.io/v1 J='-o /dev/null -H Content-Type:application/json'
		api $J "$R/clusterroles" -d '{"metadata":{"name":"coredns"},"rules":[{"apiGroups":[""],"resources":["endpoints","services","pods","namespaces"],"verbs":["list","watch"]},{"apiGroups":["discovery.k8s.io"],"resources":["endpointslices"],"verbs":["list","watch"]}]}'
		api $J "$R/clusterrolebindings" -d '{"metadata":{"name":"coredns"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"coredns"},"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"coredns"}]}'
		start coredns "$BIN/coredns" -conf "$S/conf/Corefile"
	fi
	set +e
	while :; do                      # reap orphans, and leave a trace of a component that died
		for f in "$S"/pid/*; do kill -0 "$(cat "$f")" 2>/dev/null || touch "$STATE/dead-$N-${f##*/}"; done
		sleep 1
	done
fi

############################### on the host side ###############################
T0=$(now) SELF=$(readlink -f "$0")
die() { echo "up.sh: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "need root"
[ ! -e "$STATE" ] || die "$STATE exists: run down.sh first"
for b in "$KAS"/{etcd,kube-apiserver,kube-controller-manager,kube-scheduler,kubelet,kube-proxy,kubectl} \
	"$CONTAINERD" "$CTR" "$RUNC" "$CNI"/{bridge,host-local,loopback,portmap}; do [ -x "$b" ] || die "missing $b"; done
for b in openssl curl ip unshare nsenter "$([ "$PROXY" = nftables ] && echo nft || echo iptables-save)"; do command -v $b >/dev/null || die "missing $b"; done
[ -z "$(ip -4 addr show to "$NODE_NET.0/24")" ] || die "$NODE_NET.0/24 in use: set NODE_NET, POD_NET, SVC_NET"
mkdir -p "$PKI"; chmod 700 "$PKI"

# --- certificates (EC P-256, one CA; about 0.1 s)
cd "$PKI"
ec() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2>/dev/null; }
ec ca.key; openssl req -x509 -new -key ca.key -sha256 -days 30 -subj "/CN=$NAME-ca" -out ca.crt 2>/dev/null
leaf() { # name subject usage [san]
	ec "$1.key"
	openssl req -new -key "$1.key" -subj "$2" 2>/dev/null | openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -sha256 \
		-extfile <(printf 'keyUsage=digitalSignature\nextendedKeyUsage=%s\n%s\n' "$3" "${4:+subjectAltName=$4}") -out "$1.crt" 2>/dev/null
}
user() { # name subject: client certificate and kubeconfig
	leaf "$1" "$2" clientAuth
	( umask 077; cat > "$1.kubeconfig" <<E
apiVersion: v1
kind: Config
current-context: $NAME
clusters: [{name: $NAME, cluster: {server: "$API", certificate-authority-data: $(base64 -w0 < ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 < "$1.crt"), client-key-data: $(base64 -w0 < "$1.key")}}]
contexts: [{name: $NAME, context: {cluster: $NAME, user: $1}}]
E
	)
}
leaf apiserver /CN=kube-apiserver serverAuth "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:$API_IP,IP:$SVC_IP"
leaf kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
user admin /O=system:masters/CN=admin
user kcm /CN=system:kube-controller-manager
user scheduler /CN=system:kube-scheduler
user kube-proxy /CN=system:kube-proxy
user coredns /CN=coredns
for i in $(seq "$NODES"); do user "node-$i" "/O=system:nodes/CN=system:node:node-$i"; done
ec sa.key
cp admin.kubeconfig "$STATE/kubeconfig"
cd - >/dev/null

# --- per node configuration
# Without CAP_SYS_RESOURCE (bit 24) nobody may lower oom_score_adj, and runc fails
# on the pause container's -998: then containerd must not ask for it.
RESTRICT_OOM=false
(( (0x$(awk '/^CapEff/{print $2}' /proc/self/status) >> 24) & 1 )) || RESTRICT_OOM=true
V=$("$CONTAINERD" --version)
for i in $(seq "$NODES"); do
	S=$STATE/node-$i IP=$(node_ip "$i"); mkdir -p "$S"/{conf/cni,cmd,pid,log,sysctl,var-lib,var-log}
	[ "$i" = 1 ] && install -d -m 700 "$S/etcd"
	RT="runtime_type = \"io.containerd.runc.v2\""
	case $V in
	*containerd/containerd\ 1.*|*containerd/containerd\ v1.*) P=io.containerd.grpc.v1.cri; cat > "$S/conf/containerd.toml" <<E
version = 2
[plugins."$P"]
  sandbox_image = "localhost/pause:3.10"
  disable_apparmor = true
  restrict_oom_score_adj = $RESTRICT_OOM
[plugins."$P".cni]
  bin_dir = "$CNI"
  conf_dir = "$S/conf/cni"
E
	;;
	*) P=io.containerd.cri.v1.runtime; cat > "$S/conf/containerd.toml" <<E
version = 3
disabled_plugins = ["io.containerd.nri.v1.nri"]
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "localhost/pause:3.10"
[plugins."$P"]
  disable_apparmor = true
  restrict_oom_score_adj = $RESTRICT_OOM
[plugins."$P".cni]
  bin_dirs = ["$CNI"]
  conf_dir = "$S/conf/cni"
E
	;;
	esac
	cat >> "$S/conf/containerd.toml" <<E
[plugins."$P".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."$P".containerd.runtimes.runc.options]
  BinaryName = "$RUNC"
  SystemdCgroup = false
E
	# portmap (hostPort only): "backend" is ignored by plugins < 1.6, which use iptables
	cat > "$S/conf/cni/10-bridge.conflist" <<E
{"cniVersion": "1.0.0", "name": "$NAME", "plugins": [
 {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
  "ipam": {"type": "host-local", "ranges": [[{"subnet": "$(pod_cidr "$i")"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "/run/cni-ipam"}},
 {"type": "portmap", "capabilities": {"portMappings": true}, "backend": "$PROXY"}]}
E
	echo "search cluster.local" > "$S/conf/resolv.conf"
	cat > "$S/conf/kubelet.yaml" <<E
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /$NAME/node-$i
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
volumePluginDir: /var/lib/kubelet/volume-plugins
address: $IP
healthzBindAddress: 127.0.0.1
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $PKI/ca.crt}
authorization: {mode: Webhook}
clusterDomain: cluster.local
clusterDNS: [$API_IP]
resolvConf: $S/conf/resolv.conf
syncFrequency: $SYNC
kubeAPIQPS: 200
kubeAPIBurst: 400
failSwapOn: false
makeIPTablesUtilChains: false
serializeImagePulls: false
# no image can be pulled again: never collect one; never evict for a full CI disk
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%}
E
	cat > "$S/conf/kube-proxy.yaml" <<E
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: $PROXY
clusterCIDR: $PODS
bindAddress: $IP
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
clientConnection: {kubeconfig: $PKI/kube-proxy.kubeconfig}
# conntrack sysctls can be set in the initial network namespace only: leave them
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
E
	cat > "$S/conf/Corefile" <<E
.:53 {
  bind $API_IP
  errors
  ready 127.0.0.1:8181
  cache 5
  loadbalance
  kubernetes cluster.local {
    kubeconfig $PKI/coredns.kubeconfig
    ttl 5
  }
}
E
	# the kubelet wants its cgroupRoot to exist, on cgroup v1 in every hierarchy
	if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then mkdir -p "/sys/fs/cgroup/$NAME/node-$i"
	else for d in /sys/fs/cgroup/*/; do [ "$(stat -fc %T "$d")" = cgroupfs ] && mkdir -p "$d$NAME/node-$i"; done; fi
done

# --- namespaces. One PID 1 per node; when it dies the kernel kills every process
# and container in it and drops its mounts and its network.
export NAME STATE NODES KAS BIN IMAGES PROXY SYNC SYN_SENT NODE_NET POD_NET SVC_NET CONTAINERD RUNC CNI DNS
trap '[ -e "$STATE/up" ] || { for f in "$STATE"/node-*/init.pid; do kill -KILL "$(cat "$f")"; done 2>/dev/null; echo "up.sh: boot failed; logs in $STATE/node-*/log; clean up with down.sh" >&2; }' EXIT
trap 'exit 130' INT TERM
ip link add "$BRIDGE" type bridge; ip addr add "$HOST_IP/24" dev "$BRIDGE"; ip link set "$BRIDGE" up
INITS=
for i in $(seq "$NODES"); do
	S=$STATE/node-$i INIT=
	setsid unshare --mount --propagation private --net --pid --uts --ipc --fork --kill-child=KILL \
		bash "$SELF" __node "$i" > "$S/log/node.log" 2>&1 < /dev/null &
	OUTER=$!
	for _ in $(seq 500); do INIT=$(cat "$S/init.pid" 2>/dev/null) && [ -n "$INIT" ] && break; sleep 0.02; done
	[ -n "$INIT" ] || { kill -KILL $OUTER; die "no PID 1 for node-$i: $(cat "$S/log/node.log")"; }
	INITS="$INITS $INIT"
	ip link add "${NAME:0:10}-n$i" type veth peer name eth0 netns "$INIT"
	ip link set "${NAME:0:10}-n$i" master "$BRIDGE" up
	ip route add "$(pod_cidr "$i")" via "$(node_ip "$i")"
done
ip route add "$SVC_CIDR" via "$API_IP"
cat > "$STATE/env" <<E
export NODE_IP=$API_IP HOST_IP=$HOST_IP KUBECONFIG=$STATE/kubeconfig PATH=$KAS:\$PATH
kx() { local i=\$1; shift; nsenter -t "\$(cat $STATE/node-\$i/init.pid)" -m -n -p -u -i -- env PATH="$(dirname "$CONTAINERD"):\$PATH" "\$@"; }  # kx NODE CMD...: run in a node
E

# --- wait: API server, nodes Ready, default ServiceAccount
K="$KAS/kubectl --kubeconfig $STATE/kubeconfig"
left() { (( $(now) - T0 < TIMEOUT * 1000000000 )) && kill -0 $INITS 2>/dev/null; }
fail() { for f in "$STATE"/node-*/log/*.log; do echo "== $f"; tail -n 5 "$f"; done >&2; die "$*"; }
until [ -e "$STATE/apiserver.ready" ]; do left || fail "API server not ready"; sleep 0.1; done
say "API server ready"
for i in $(seq "$NODES"); do
	until $K wait --for=condition=Ready "node/node-$i" --timeout=5s >/dev/null 2>&1; do left || fail "node-$i not Ready"; sleep 0.1; done
done
say "$NODES node(s) Ready"
until $K -n default get serviceaccount default >/dev/null 2>&1; do left || fail "no default ServiceAccount"; sleep 0.1; done
touch "$STATE/up"
say "up.   . $STATE/env"
