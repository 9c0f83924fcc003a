# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# The real nbd-server. Each scene has its own, so that scenes stay independent.

# real_server CONFIG-LINE…: serves export "disk"; it listens as the lines say.
real_server() {
	local dir="/run/real-$DEVICE" line

	mkdir "$dir"
	truncate -s "$DEVICE_BYTES" "$dir/disk"
	{
		echo "[generic]"
		echo "allowlist = true"
		for line; do
			echo "$line"
		done
		echo "[disk]"
		echo "exportname = $dir/disk"
		echo "flush = true"
	} >"$dir/config"
	/bin/nbd-server -C "$dir/config" -p "$dir/pid"
	wait_for test -s "$dir/pid"
	fact server_pid "$(cat "$dir/pid")"
}

# With a unix socket nbd-server does not listen on TCP.
real_server_unix() {
	real_server "unixsock = $1"
	wait_for listens_unix "$1"
	fact_text server_address "$1"
}

# real_server_tcp PORT: on 127.0.0.1.
real_server_tcp() {
	real_server "listenaddr = 127.0.0.1" "port = $1"
	wait_for listens_tcp "$1"
	fact_text server_address "127.0.0.1:$1"
}
