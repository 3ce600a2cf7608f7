//! What the dense part of a network is computed on.

use std::fmt;

use candle_core::Device;
use serde::{Deserialize, Serialize};

use crate::error::TrainerError;

/// What the user asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Asked {
    /// The processor
    Cpu,
    /// The first NVIDIA GPU
    Cuda,
    /// The GPU if there is one, else the processor
    Auto,
}

/// What it came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        })
    }
}

/// Why there is no GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
enum NoGpu {
    /// This program was built without the `cuda` feature.
    NotBuilt,
    /// CUDA's own words.
    NotFound(String),
}

impl fmt::Display for NoGpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt => write!(
                f,
                "this trainer was built without CUDA; use the image that images/trainer-cuda.Dockerfile makes"
            ),
            Self::NotFound(problem) => write!(
                f,
                "CUDA finds no GPU here ({problem}); give the pod a limit of nvidia.com/gpu, and check the node's driver"
            ),
        }
    }
}

/// The device to compute on.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// For candle.
    pub device: Device,
    /// What it is.
    pub kind: Kind,
    /// What the user should know: why it is not the GPU.
    pub note: Option<String>,
}

/// The device that was asked for; the processor where any may be taken and there is no GPU.
pub fn choose(asked: Asked) -> Result<Chosen, TrainerError> {
    let gpu = match asked {
        Asked::Cpu => Err(NoGpu::NotBuilt),
        Asked::Cuda | Asked::Auto => first_gpu(),
    };
    let (found, gpu) = match gpu {
        Ok(device) => (Ok(()), Some(device)),
        Err(why) => (Err(why), None),
    };
    let (kind, note) = decide(asked, found)?;
    Ok(Chosen {
        device: gpu.filter(|_| kind == Kind::Cuda).unwrap_or(Device::Cpu),
        kind,
        note,
    })
}

fn first_gpu() -> Result<Device, NoGpu> {
    if !candle_core::utils::cuda_is_available() {
        return Err(NoGpu::NotBuilt);
    }
    Device::new_cuda(0).map_err(|error| NoGpu::NotFound(first_line(&error.to_string())))
}

/// An error of candle may bring its backtrace.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

fn decide(asked: Asked, gpu: Result<(), NoGpu>) -> Result<(Kind, Option<String>), TrainerError> {
    match (asked, gpu) {
        (Asked::Cpu, _) => Ok((Kind::Cpu, None)),
        (_, Ok(())) => Ok((Kind::Cuda, None)),
        (Asked::Auto, Err(why)) => Ok((Kind::Cpu, Some(format!("training on the CPU: {why}")))),
        (Asked::Cuda, Err(why)) => {
            let message = format!("--device cuda: {why}; or use --device cpu, or auto");
            Err(TrainerError::new("no_gpu", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_and_what_there_is() {
        let not_found = || Err(NoGpu::NotFound("CUDA_ERROR_NO_DEVICE".to_owned()));
        for (asked, gpu, expect) in [
            (Asked::Cpu, Ok(()), Ok((Kind::Cpu, ""))),
            (Asked::Cpu, Err(NoGpu::NotBuilt), Ok((Kind::Cpu, ""))),
            (Asked::Cuda, Ok(()), Ok((Kind::Cuda, ""))),
            (Asked::Auto, Ok(()), Ok((Kind::Cuda, ""))),
            (
                Asked::Auto,
                Err(NoGpu::NotBuilt),
                Ok((Kind::Cpu, "built without CUDA")),
            ),
            (
                Asked::Auto,
                not_found(),
                Ok((Kind::Cpu, "CUDA_ERROR_NO_DEVICE")),
            ),
            (
                Asked::Cuda,
                Err(NoGpu::NotBuilt),
                Err("images/trainer-cuda.Dockerfile"),
            ),
            (Asked::Cuda, not_found(), Err("nvidia.com/gpu")),
        ] {
            match (decide(asked, gpu), expect) {
                (Ok((kind, note)), Ok((expect, words))) => {
                    assert_eq!(kind, expect, "{asked:?}");
                    assert_eq!(note.is_none(), words.is_empty(), "{note:?}");
                    assert!(note.unwrap_or_default().contains(words));
                }
                (Err(error), Err(words)) => {
                    assert_eq!(error.code, "no_gpu");
                    assert!(error.message.contains(words), "{error}");
                }
                (decided, _) => panic!("{asked:?}: {decided:?}"),
            }
        }
    }
}
