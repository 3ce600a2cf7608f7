//! What a pod template puts into a pod besides what its Job needs. Pure.

use super::build::mount;
use k8s_openapi::{
    api::core::v1::{
        ConfigMapVolumeSource, EmptyDirVolumeSource, EnvVar, LocalObjectReference,
        PersistentVolumeClaimVolumeSource, Volume, VolumeMount,
    },
    apimachinery::pkg::api::resource::Quantity,
};
use logloop_operator_api::placement::{Mount, PodTemplate};

/// Parts of a pod; none where the template says nothing.
pub(super) struct Extra {
    /// Volumes besides those of the Job.
    pub volumes: Vec<Volume>,
    /// Where they are mounted.
    pub mounts: Vec<VolumeMount>,
    /// Environment of the container.
    pub env: Option<Vec<EnvVar>>,
    /// With what the node pulls the image.
    pub pull_secrets: Option<Vec<LocalObjectReference>>,
}

/// The parts of a pod that a template asks for.
pub(super) fn of(template: &PodTemplate) -> Extra {
    let named = || {
        let mounts = template.mounts.iter().enumerate();
        mounts.map(|(at, wanted)| (format!("extra-{at}"), wanted))
    };
    let env: Vec<EnvVar> = template
        .env
        .iter()
        .map(|variable| EnvVar {
            name: variable.name.clone(),
            value: Some(variable.value.clone()),
            value_from: None,
        })
        .collect();
    let secrets: Vec<LocalObjectReference> = template
        .image_pull_secrets
        .iter()
        .map(|name| LocalObjectReference { name: name.clone() })
        .collect();
    Extra {
        volumes: named().map(|(name, wanted)| volume(name, wanted)).collect(),
        mounts: named()
            .map(|(name, wanted)| VolumeMount {
                read_only: wanted.empty_dir.is_none().then_some(true),
                ..mount(&name, &wanted.mount_path)
            })
            .collect(),
        env: (!env.is_empty()).then_some(env),
        pull_secrets: (!secrets.is_empty()).then_some(secrets),
    }
}

fn volume(name: String, wanted: &Mount) -> Volume {
    Volume {
        name,
        empty_dir: wanted.empty_dir.as_ref().map(|dir| EmptyDirVolumeSource {
            medium: dir.in_memory.then(|| "Memory".into()),
            size_limit: dir.size_limit.clone().map(Quantity),
            ..EmptyDirVolumeSource::default()
        }),
        config_map: wanted
            .config_map
            .as_ref()
            .map(|name| ConfigMapVolumeSource {
                name: name.clone(),
                ..ConfigMapVolumeSource::default()
            }),
        persistent_volume_claim: wanted.claim.as_ref().map(|name| {
            PersistentVolumeClaimVolumeSource {
                claim_name: name.clone(),
                read_only: Some(true),
            }
        }),
        ..Volume::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_of_mount_becomes_a_volume() {
        let template: PodTemplate = serde_json::from_value(json!({
            "env": [{"name": "A", "value": "b"}], "imagePullSecrets": ["regcred"],
            "mounts": [
                {"mountPath": "/dev/shm", "emptyDir": {"inMemory": true, "sizeLimit": "1Gi"}},
                {"mountPath": "/etc/ca", "configMap": "ca"},
                {"mountPath": "/weights", "claim": "weights"}
            ]
        }))
        .expect("a template");
        let extra = of(&template);
        let volumes = serde_json::to_value(&extra.volumes).expect("JSON");
        let expected = json!([
            {"name": "extra-0", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}},
            {"name": "extra-1", "configMap": {"name": "ca"}},
            {"name": "extra-2", "persistentVolumeClaim": {"claimName": "weights", "readOnly": true}}
        ]);
        assert_eq!(volumes, expected);
        let mounts = serde_json::to_value(&extra.mounts).expect("JSON");
        let expected = json!([
            {"name": "extra-0", "mountPath": "/dev/shm"},
            {"name": "extra-1", "mountPath": "/etc/ca", "readOnly": true},
            {"name": "extra-2", "mountPath": "/weights", "readOnly": true}
        ]);
        assert_eq!(mounts, expected);
        assert_eq!(
            extra.env.map(|env| env[0].name.clone()).as_deref(),
            Some("A")
        );
        assert_eq!(
            extra.pull_secrets.map(|all| all[0].name.clone()).as_deref(),
            Some("regcred")
        );
    }
}
