/// The first process of a board whose kernel tests look at from inside: busybox that mounts what every Linux system
/// has, loads the modules and obeys lines on the first serial port.
enum GuestScript {
    static let applets = [
        "sh", "mount", "cat", "ls", "echo", "insmod", "mkdir", "sleep", "usleep", "dmesg", "kill", "grep", "stty", "setsid", "cttyhack",
        "ps", "dd", "head", "tail", "seq", "rm", "reboot", "poweroff", "test", "printf", "cut", "sed", "awk", "wc", "free", "i2cget",
            "i2cset", "i2cdetect", "i2ctransfer", "watchdog", "timeout", "hexdump", "od", "pidof",
    ]

    /// Lines are evaluated by a loop, not by an interactive shell, which would take the end of a job in the background
    /// for the end of its input.
    static let initialProcess = """
    #!/bin/sh
    export PATH=/bin
    mount -t proc proc /proc
    mount -t sysfs sys /sys
    mount -t devtmpfs dev /dev
    mount -t tmpfs run /run
    mkdir -p /sys/fs/cgroup
    mount -t cgroup2 cgroup /sys/fs/cgroup
    while read -r module; do insmod "/lib/modules/$module" || echo "insmod $module failed"; done < /lib/modules/order
    echo \(readyMark)
    while :; do
        setsid cttyhack sh -c 'stty -echo; while IFS= read -r line; do eval "$line"; done'
    done

    """

    static let readyMark = "@@ready@@"
}
