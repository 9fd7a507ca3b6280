"""What NVML says a device and one process on it use; who compares that with what is judge.py's business."""

import ctypes

PROCESSES = 256
NOT_AVAILABLE = 2**64 - 1


class ProcessInfo(ctypes.Structure):
    _fields_ = [("pid", ctypes.c_uint), ("bytes", ctypes.c_ulonglong), ("gpu_instance", ctypes.c_uint),
                ("compute_instance", ctypes.c_uint)]


class MemoryInfo(ctypes.Structure):
    _fields_ = [("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong)]


class Nvml:
    """One device: the one of a UUID, else the first. Raises OSError where there is no NVML that works."""

    def __init__(self, path="libnvidia-ml.so.1", uuid=None):
        self.library = ctypes.CDLL(path)
        self.device = ctypes.c_void_p()
        self.call("nvmlInit_v2")
        if uuid:
            self.call("nvmlDeviceGetHandleByUUID", uuid.encode(), ctypes.byref(self.device))
        else:
            self.call("nvmlDeviceGetHandleByIndex_v2", 0, ctypes.byref(self.device))

    def call(self, name, *arguments):
        result = getattr(self.library, name)(*arguments)
        if result != 0:
            raise OSError(f"{name} returned {result}")

    def text(self, name, *arguments):
        buffer = ctypes.create_string_buffer(96)
        self.call(name, *arguments, buffer, 96)
        return buffer.value.decode(errors="replace")

    def card(self):
        return self.text("nvmlDeviceGetName", self.device)

    def uuid(self):
        return self.text("nvmlDeviceGetUUID", self.device)

    def driver(self):
        return self.text("nvmlSystemGetDriverVersion")

    def device_bytes(self):
        memory = MemoryInfo()
        self.call("nvmlDeviceGetMemoryInfo", self.device, ctypes.byref(memory))
        return memory.used

    def process_bytes(self, pid):
        """None where NVML does not list the process, as in a container, or does not tell its figure."""
        listed = (ProcessInfo * PROCESSES)()
        count = ctypes.c_uint(PROCESSES)
        version = "v3" if hasattr(self.library, "nvmlDeviceGetComputeRunningProcesses_v3") else "v2"
        self.call(f"nvmlDeviceGetComputeRunningProcesses_{version}", self.device, ctypes.byref(count), listed)
        own = [entry.bytes for entry in listed[:count.value] if entry.pid == pid]
        return sum(own) if own and NOT_AVAILABLE not in own else None
