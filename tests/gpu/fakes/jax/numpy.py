from device_memory import full, ones, zeros
