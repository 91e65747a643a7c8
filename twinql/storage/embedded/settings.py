"""The settings of the embedded Postgres: those of a laptop, where idle memory and a quick start count."""

# Everything is rebuilt when a test run starts anew, so nothing has to reach the disk.
_FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum_naptime": "1h",
    "checkpoint_timeout": "1h",
}


def server_settings(*, port: int, fast: bool) -> dict[str, str]:
    """The settings for one start; what is not named keeps Postgres's default, durability first of all."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "wal_level": "logical",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "effective_cache_size": "1GB",
        "work_mem": "8MB",
        "huge_pages": "off",
        "io_method": "sync",  # three processes fewer, and a laptop's cache holds what is read
        "jit": "off",
        "random_page_cost": "1.1",
        "min_wal_size": "80MB",
        "max_wal_size": "1GB",
        "wal_compression": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "logging_collector": "off",
        "cluster_name": "twinql",
    }
    return settings | (_FAST if fast else {})
