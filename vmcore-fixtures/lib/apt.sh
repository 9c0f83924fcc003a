# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A private apt root per suite: packages of any suite, on any Debian host, by
# any user, with the machine's own mirrors and without touching its apt state.

readonly KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# The machine's Debian mirrors as "main URI" and "security URI". Third-party
# repositories use neither Debian's codenames nor its -security suites.
apt_mirrors() {
	# shellcheck disable=SC2016 # apt expands these
	apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 ~ /^[a-z]+-security$|\/updates$/ { kind = "security" }
		     $1 ~ /^(stable|oldstable|oldoldstable|testing|unstable|sid|bullseye|bookworm|trixie|forky|duke)$/ { kind = "main" }
		     kind && !seen[kind]++ { print kind, $2 }
		     { kind = "" }'
}

# apt_root SUITE DIR [ARCHITECTURE]: makes DIR an apt root for SUITE with fresh package lists.
apt_root() {
	local suite=$1 root=$2 architecture=${3:-amd64} kind uri
	local log=$root/update.log

	mkdir -p "$root"/{state/lists/partial,cache/archives/partial}
	: >"$root/status"
	: >"$root/sources.list"
	while read -r kind uri; do
		case $kind in
		main) echo "deb [signed-by=$KEYRING] $uri $suite main" ;;
		# unstable and backports have no security suite
		security) [[ $suite == sid || $suite == *-backports ]] || echo "deb [signed-by=$KEYRING] $uri $suite-security main" ;;
		esac
	done < <(apt_mirrors) >>"$root/sources.list"
	grep -q " $suite main" "$root/sources.list" ||
		fail "apt on this machine has no Debian mirror configured" \
			"add one to the apt sources (deb or deb822 format); its address serves all suites"

	# Only the Acquire tree of the machine is taken over (proxies, TLS): its
	# hooks and pins must not see, nor act on, this root.
	{
		apt-config dump | grep -E '^Acquire::' |
			grep -vE '^Acquire::(Languages|GzipIndexes|IndexTargets|Changelogs)'
		cat <<-END
			Dir::Etc::Main "/dev/null";
			Dir::Etc::Parts "/dev/null";
			Dir::Etc::SourceList "$root/sources.list";
			Dir::Etc::SourceParts "/dev/null";
			Dir::Etc::Preferences "/dev/null";
			Dir::Etc::PreferencesParts "/dev/null";
			Dir::State "$root/state";
			Dir::State::status "$root/status";
			Dir::Cache "$root/cache";
			APT::Architecture "$architecture";
			APT::Architectures { "$architecture"; };
			APT::Install-Recommends "false";
			APT::Sandbox::User "root";
			# A mirror that lags behind still serves; signatures are checked.
			Acquire::Check-Valid-Until "false";
			Acquire::Languages "none";
			Acquire::Retries "3";
		END
	} >"$root/apt.conf"

	APT_CONFIG=$root/apt.conf apt-get -q --error-on=any update >"$log" 2>&1 || {
		tail -n 5 "$log" >&2
		unavailable "apt cannot read the package lists of $suite"
	}
}

# apt_fetch ROOT DIR PACKAGE…: the packages themselves, without dependencies.
# What apt had to say is in DIR/download.log.
apt_fetch() {
	local root=$1 dir=$2
	shift 2
	(cd "$dir" && APT_CONFIG=$root/apt.conf apt-get -q download "$@") >"$dir/download.log" 2>&1
}

# apt_fetch_closure ROOT PACKAGE…: the packages and all that they depend on,
# into ROOT/cache/archives.
apt_fetch_closure() {
	local root=$1
	shift
	APT_CONFIG=$root/apt.conf apt-get -qy install --download-only "$@" \
		>"$root/download.log" 2>&1 || {
		tail -n 5 "$root/download.log" >&2
		unavailable "download failed: $*"
	}
}

# apt_fetch_source ROOT DIR PACKAGE: its source into DIR/source, as the distribution builds it; where a mirror does not hold
# the distribution's patches any more, as upstream made it.
apt_fetch_source() {
	sed -n 's/^deb /deb-src /p' "$1/sources.list" >"$1/sources"
	cat "$1/sources" >>"$1/sources.list"
	mkdir "$1/source"
	(
		export APT_CONFIG=$1/apt.conf
		apt-get -q --error-on=any update && cd "$1/source" || exit
		if apt-get -q source --download-only "$3"; then
			dpkg-source --no-check -x ./*.dsc "$2/source"
		else
			mkdir "$2/source"
			apt-get -q source --tar-only "$3" && tar -x --strip-components 1 -C "$2/source" -f ./*.orig.tar.*
		fi
	) >"$1/source.log" 2>&1 || {
		tail -n 5 "$1/source.log" >&2
		unavailable "download failed: the source of $3"
	}
}
