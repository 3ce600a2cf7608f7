# The trainer for NVIDIA GPUs. It links CUDA, so it is no static program like the others, and some GiB large:
#
#   buildah bud --file images/trainer-cuda.Dockerfile --tag registry.example/logloop/trainer-cuda:1 .
#
# docs/gpu.md says how a TrainingRun uses it.
ARG CUDA=13.0.1
ARG SYSTEM=ubuntu24.04

FROM docker.io/nvidia/cuda:${CUDA}-devel-${SYSTEM} AS build
# The oldest GPU that it runs on: 80 is Ampere.
ARG CUDA_COMPUTE_CAP=80
ARG RUST=1.95.0
ENV CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP} PATH=/root/.cargo/bin:${PATH}
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates curl gcc g++ \
  && curl --proto '=https' --tlsv1.2 --silent --show-error --fail https://sh.rustup.rs \
  | sh -s -- -y --profile minimal --default-toolchain ${RUST}
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package logloop-trainer --features cuda --target-dir /target

FROM docker.io/nvidia/cuda:${CUDA}-runtime-${SYSTEM}
COPY --from=build /target/release/logloop-trainer /program
# The driver's library comes with the node. Where a pod has no GPU this stub is found instead, last of all, so that the
# program starts and can say that there is none.
COPY --from=build /usr/local/cuda/lib64/stubs/libcuda.so /usr/local/lib/cuda-stub/libcuda.so.1
ENV LD_LIBRARY_PATH=/usr/local/nvidia/lib:/usr/local/nvidia/lib64:/usr/local/cuda/lib64:/usr/lib/x86_64-linux-gnu:/usr/local/lib/cuda-stub
USER 65532:65532
ENTRYPOINT ["/program"]
