#!/usr/bin/env python3
"""Makes what `HAND_TASK` of ../shared/peers/agents_peer.py names: MediaPipe's hand landmarker, of the models of mediapipe
0.10.14 (newer packages have none inside).

    make_hand_task.py FILE

The package is downloaded from PyPI with the pip of the Python that runs this, and must have the hash that is pinned.
"""
import hashlib
import io
import pathlib
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "mediapipe==0.10.14"
SHA256 = "a807328339e7356fda0bb14df12fedbf1d33bdf81649c5f8666b0026b1cc30b4"
MODELS = {
    "hand_detector.tflite": "mediapipe/modules/palm_detection/palm_detection_full.tflite",
    "hand_landmarks_detector.tflite": "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
}


def wheel():
    with tempfile.TemporaryDirectory() as folder:
        requirements = pathlib.Path(folder, "requirements.txt")
        requirements.write_text(f"{PACKAGE} --hash=sha256:{SHA256}\n")
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes",
             "--only-binary=:all:", "--python-version", "3.11", "--implementation", "cp", "--abi", "cp311",
             "--platform", "manylinux_2_17_x86_64", "--dest", folder, "--requirement", str(requirements)], check=True)
        data = next(pathlib.Path(folder).glob("*.whl")).read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        sys.exit(f"the wheel of {PACKAGE} does not have the pinned SHA-256")
    return zipfile.ZipFile(io.BytesIO(data))


def main(target):
    package = wheel()
    partial = pathlib.Path(target + ".partial")
    # MediaPipe maps its parts where they lie: they must not be compressed.
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as task:
        for name, member in MODELS.items():
            task.writestr(name, package.read(member))
    partial.rename(target)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
