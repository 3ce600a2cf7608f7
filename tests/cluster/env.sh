# shellcheck shell=bash
# To be sourced, with CLUSTER=NAME or CLUSTER=current: kubectl and helm for that cluster, and the release's namespace.

_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
if [[ $CLUSTER != current ]]; then
  export PATH=$_root/build/cluster/bin:$PATH
  export KUBECONFIG=$_root/build/cluster/$CLUSTER/kubeconfig
  # Otherwise both would write to the home folder.
  export KUBECACHEDIR=$_root/build/cluster/$CLUSTER/kubectl-cache
  export HELM_CACHE_HOME=$_root/build/cluster/$CLUSTER/helm/cache
  export HELM_CONFIG_HOME=$_root/build/cluster/$CLUSTER/helm/config
  export HELM_DATA_HOME=$_root/build/cluster/$CLUSTER/helm/data
fi
LOGLOOP_NAMESPACE=$(kubectl config view --minify --output 'jsonpath={.contexts[0].context.namespace}')
export LOGLOOP_NAMESPACE=${LOGLOOP_NAMESPACE:-default}
# The token of SUBJECT (see access.tokens in the chart's values).
logloop_token() { kubectl get secret logloop-access --output "jsonpath={.data.$1}" | base64 --decode; }
