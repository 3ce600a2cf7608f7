#!/usr/bin/env bash
# pki.sh DIR NODE NODE_IP: the cluster's certificate authority, certificates and kubeconfigs.
set -euo pipefail
dir=$1 node=$2 node_ip=$3

readonly CERTIFICATE_DAYS=365
readonly SERVICE_IP=10.96.0.1 # the first of the service range: the API server's own
readonly API_PORT=6443

mkdir -p "$dir"
cd "$dir"
umask 077

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

# sign FILE SUBJECT [ALTERNATIVE_NAMES]
sign() {
  local file=$1 subject=$2 names=${3:-}
  new_key "$file"
  openssl req -new -key "$file.key" -subj "$subject" |
    openssl x509 -req -CA ca.crt -CAkey ca.key -days "$CERTIFICATE_DAYS" -out "$file.crt" \
      -set_serial "0x$(openssl rand -hex 16)" -extfile <(
        echo "keyUsage=digitalSignature"
        echo "extendedKeyUsage=clientAuth,serverAuth"
        [[ -z $names ]] || echo "subjectAltName=$names"
      ) 2>/dev/null
}

# write_kubeconfig FILE USER SERVER: with the user's certificate inside.
write_kubeconfig() {
  cat >"$1" <<YAML
apiVersion: v1
kind: Config
current-context: $node
contexts: [{ name: $node, context: { cluster: $node, user: $2, namespace: logloop } }]
clusters:
  - name: $node
    cluster: { server: "$3", certificate-authority-data: $(base64 -w0 ca.crt) }
users:
  - name: $2
    user: { client-certificate-data: $(base64 -w0 "$2.crt"), client-key-data: $(base64 -w0 "$2.key") }
YAML
}

new_key ca
openssl req -x509 -new -key ca.key -subj "/CN=$node" -days "$CERTIFICATE_DAYS" -out ca.crt \
  -addext "keyUsage=critical,keyCertSign,digitalSignature"
new_key service-account
openssl ec -in service-account.key -pubout -out service-account.pub 2>/dev/null

sign apiserver /CN=kube-apiserver \
  "IP:$node_ip,IP:$SERVICE_IP,IP:127.0.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
sign apiserver-kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
sign kubelet-server "/CN=$node" "IP:$node_ip,DNS:$node"

declare -A subjects=(
  [admin]=/O=system:masters/CN=admin
  [kube-controller-manager]=/CN=system:kube-controller-manager
  [kube-scheduler]=/CN=system:kube-scheduler
  [kube-proxy]=/CN=system:kube-proxy
  [kubelet]="/O=system:nodes/CN=system:node:$node"
)
for user in "${!subjects[@]}"; do
  sign "$user" "${subjects[$user]}"
  write_kubeconfig "$user.kubeconfig" "$user" "https://$node_ip:$API_PORT"
done
