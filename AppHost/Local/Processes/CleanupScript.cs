namespace Aspire.Hosting.Local.Processes;

/// <summary>
/// The shell script that ends what an AppHost has left behind. It runs twice: as the watchdog of a running AppHost, where it
/// waits for the end of its standard input, which is the end of AppHost, however it came; and at the next start, in case the
/// watchdog has been killed too. A shell, because it needs 1 MB and outlives everything that .NET does.
/// </summary>
internal static class CleanupScript
{
    /// <summary>
    /// Arguments: the folder of the records; tenths of a second for a graceful end; then the folders to remove.
    /// A record is a file named by the process id that holds: identity, number of the signal that asks for the end, name.
    /// </summary>
    public const string Text = """
        #!/bin/sh
        # Ends the processes that the records in folder $1 name, and all their descendants. See CleanupScript.cs.
        trap '' INT TERM HUP QUIT PIPE
        exec >/dev/null 2>&1
        cd /

        boot=
        { read -r boot </proc/sys/kernel/random/boot_id; }

        # The same words as ProcessIdentity.Of; nothing for a process that has ended. Called in a subshell.
        identity() {
            if [ -n "$boot" ]; then
                line=
                { read -r line <"/proc/$1/stat"; } || return 0
                set -- ${line##*) }
                case ${1:-Z} in
                    Z | X) ;;
                    *) echo "$boot/${20}" ;;
                esac
            else
                set -- $(ps -o lstart= -p "$1")
                IFS=_
                echo "$*"
            fi
        }

        # Calls $1 with process id, signal and name for each recorded process that still is the one that was recorded.
        each_recorded() {
            for record in "$records"/[0-9]*; do
                [ -f "$record" ] || continue
                read -r recorded signal name <"$record"
                [ -n "$recorded" ] && [ "$(identity "${record##*/}")" = "$recorded" ] && "$1" "${record##*/}" "$signal" "$name"
            done
        }

        # Processes that inherited the marker but left the group, or whose leader has died. Only /proc can tell.
        marked() {
            [ -n "$boot" ] || return 0
            for environ in $(grep -lsxzF -- "PLATFORM_PROCESSES=$records" /proc/[0-9]*/environ); do
                environ=${environ#/proc/}
                echo "${environ%/environ}"
            done
        }

        ask() { kill "-$2" -- "-$1" || kill "-$2" "$1"; }
        force() { kill -9 -- "-$1" || kill -9 "$1"; }
        count() { left=1; }

        clean() {
            each_recorded ask
            while [ "$tenths" -gt 0 ]; do
                left=
                each_recorded count
                [ -n "$left" ] || break
                sleep 0.1
                tenths=$((tenths - 1))
            done
            asked=
            while [ "$tenths" -gt 0 ]; do
                left=$(marked)
                [ -n "$left" ] || break
                [ -n "$asked" ] || kill -15 $left
                asked=1
                sleep 0.1
                tenths=$((tenths - 1))
            done
            each_recorded force
            left=$(marked)
            [ -n "$left" ] && kill -9 $left
            rm -f "$records"/[0-9]*
            for folder in "$@"; do
                rm -rf -- "$folder"
            done
        }

        records=$1
        tenths=$2
        shift 2
        while read -r _; do :; done
        clean "$@"
        exit 0

        """;
}
