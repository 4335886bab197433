#!/bin/sh
# Lays out NVIDIA's compiler and libraries from Python packages as a CUDA toolkit, for a machine that has none, and prints its folder:
#   export CUDA_PATH="$(scripts/cuda-toolkit.sh)" && make build FEATURES=cuda
# 700 MB; no NVIDIA driver is needed to build. The packages have no static cuBLAS, so the program needs libcublas.so.13 when it runs.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
home=${1:-$root/.tools/cuda}
toolkit=$home/toolkit
[ -f "$toolkit/.complete" ] && { echo "$toolkit"; exit; }

# What belongs together: CUDA 13.
packages='nvidia-cuda-nvcc>=13,<14 nvidia-cuda-crt>=13,<14 nvidia-nvvm>=13,<14 nvidia-cuda-runtime>=13,<14 nvidia-cuda-cccl>=13,<14 nvidia-cublas>=13,<14'
command -v python3 >/dev/null || { echo "scripts/cuda-toolkit.sh: needs python3 with venv (apt-get install python3-venv)" >&2; exit 1; }
rm -rf "$home"
mkdir -p "$home"
{
    echo "Fetching NVIDIA's compiler and libraries: 570 MB"
    python3 -m venv "$home/venv"
    # shellcheck disable=SC2086 # a list
    "$home/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --target "$home/packages" $packages
    mv "$home/packages/nvidia/cu13" "$toolkit"
    rm -rf "$home/packages" "$home/venv"
} >&2

# The names that CMake and the linker look for.
cd "$toolkit"
ln -s lib lib64
for library in cudart cublas cublasLt; do
    ln -s "lib$library.so.13" "lib/lib$library.so"
done
# The driver's library comes with the driver. To link, its name and the functions that llama.cpp calls are enough; here they say
# that there is no device (CUDA_ERROR_NO_DEVICE), so that the program also starts where there is none.
mkdir lib/stubs
for name in cuInit cuDriverGetVersion cuGetErrorString cuGetProcAddress_v2 cuDeviceGet cuDeviceGetAttribute cuMemAddressFree \
    cuMemAddressReserve cuMemCreate cuMemGetAllocationGranularity cuMemMap cuMemRelease cuMemSetAccess cuMemUnmap; do
    echo "int $name(void) { return 100; }"
done | cc -shared -fPIC -Wl,-soname,libcuda.so.1 -x c - -o lib/stubs/libcuda.so.1
# The build links cuBLAS statically, and there is only the shared one: empty archives, and a linker script that names the shared ones.
for library in cublas_static cublasLt_static culibos; do
    echo "static int none __attribute__((unused));" | cc -c -x c - -o "$library.o"
    ar crs "lib/lib$library.a" "$library.o"
    rm "$library.o"
done
echo "INPUT($toolkit/lib/stubs/libcuda.so.1 $toolkit/lib/libcublas.so $toolkit/lib/libcublasLt.so)" >lib/stubs/libcuda.so
touch .complete
echo "$toolkit"
