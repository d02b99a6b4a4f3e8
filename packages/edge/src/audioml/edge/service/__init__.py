"""Living on a device: systemd, Prometheus, a disk that fills."""
