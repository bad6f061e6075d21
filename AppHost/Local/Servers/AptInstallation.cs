using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Servers;

/// <summary>
/// Installs Debian packages, and nothing more than that: the servers in them are not started, and Postgres gets no cluster, because
/// AppHost runs servers of its own.
/// </summary>
internal static class AptInstallation
{
    // A shell script, so that it comes to its end, and puts back what it changed, also when AppHost is killed meanwhile: a package
    // system that was interrupted needs a person's help. Arguments: AppHost's process id, then the packages.
    private const string Script = """
        # A reader that has gone away must not end apt-get.
        relay() { trap '' PIPE; while IFS= read -r line; do printf '%s\n' "$line" || :; done; }
        trap '' INT HUP
        policy=/usr/sbin/policy-rc.d
        cluster=/etc/postgresql-common/createcluster.d
        made_policy= made_cluster= made_folders=
        cleanup() {
            [ -z "$made_policy" ] || rm -f "$policy"
            [ -z "$made_cluster" ] || rm -f "$cluster/platform-apphost.conf"
            [ -z "$made_folders" ] || rmdir "$cluster" 2>/dev/null
        }
        install() {
            # Two AppHosts at once: one installs, the other waits and finds it done.
            mkdir -p /run/lock
            exec 9>/run/lock/platform-apphost-install
            if ! flock -n 9; then
                echo "Waiting for another AppHost that is installing."
                flock 9
            fi
            trap cleanup EXIT
            trap 'exit 143' TERM
            # See /usr/share/doc/init-system-helpers/README.policy-rc.d.gz: 101 forbids. Only while this script lives, should it ever be left behind.
            if [ ! -e "$policy" ]; then
                made_policy=1
                printf '#!/bin/sh\n# Temporary, made by AppHost: newly installed servers are not started.\n[ -d /proc/%s ] && exit 101\nexit 0\n' $$ >"$policy"
                chmod 755 "$policy"
            fi
            [ -d "$cluster" ] || made_folders=1
            mkdir -p "$cluster"
            if [ ! -e "$cluster/platform-apphost.conf" ]; then
                made_cluster=1
                echo "create_main_cluster = false" >"$cluster/platform-apphost.conf"
            fi
            export DEBIAN_FRONTEND=noninteractive
            apt-get -o DPkg::Lock::Timeout=600 update 9>&- </dev/null || return
            apt-get -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold install -y --no-install-recommends "$@" 9>&- </dev/null
        }
        exec 4>&1
        code=$( { { (install "$@"; echo $? >&3) 2>&1 4>&- | relay >&4; } 3>&1; } )
        exit "${code:-1}"
        """;

    /// <summary>apt-get can be silent for a while when it downloads or unpacks much.</summary>
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(15);

    private const int LastLines = 15;

    /// <param name="command">What to recommend to the person when it fails.</param>
    public static async Task RunAsync(IReadOnlyList<string> packages, Action<string> print, string command, CancellationToken cancellationToken)
    {
        var (fileName, arguments) = NewSession.Command;
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(fileName, [.. arguments, "/bin/sh", "-c", Script, "apphost-install", .. packages])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = "/",
            },
        };
        process.Start();
        process.StandardInput.Close();
        var progress = new Progress(print);
        var output = Task.WhenAll(
            LineReader.ReadAsync(process.StandardOutput.BaseStream, progress.Report),
            LineReader.ReadAsync(process.StandardError.BaseStream, progress.Report));
        try
        {
            var exited = process.WaitForExitAsync(cancellationToken);
            while (await Task.WhenAny(exited, Task.Delay(SilenceLimit, cancellationToken)) != exited)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress.StillWorking(SilenceLimit);
            }

            await exited;
        }
        catch (OperationCanceledException)
        {
            // It goes on by itself: an installation that stops halfway leaves the machine worse than one that ends.
            print("The installation goes on in the background.");
            throw;
        }

        await output;
        if (process.ExitCode != 0)
        {
            throw new DistributedApplicationException(
                string.Create(CultureInfo.InvariantCulture, $"apt-get failed with exit code {process.ExitCode}. Its last lines:\n")
                + string.Concat(progress.LastLines().Select(line => $"  {line}\n"))
                + $"Try it by hand:\n\n  {command}\n");
        }
    }

    /// <summary>Passes on the lines that tell a person how far it is.</summary>
    private sealed class Progress(Action<string> print)
    {
        private static readonly string[] Telling = ["Get:", "Unpacking ", "Setting up ", "Waiting for ", "E: ", "Err:", "Need to get ", "Reading package lists"];

        private readonly Queue<string> _last = new();
        private long _printed = Stopwatch.GetTimestamp();

        public void Report(string line)
        {
            lock (_last)
            {
                _last.Enqueue(line);
                if (_last.Count > AptInstallation.LastLines)
                {
                    _last.Dequeue();
                }

                if (Telling.Any(start => line.StartsWith(start, StringComparison.Ordinal)))
                {
                    print("  " + line);
                    _printed = Stopwatch.GetTimestamp();
                }
            }
        }

        public void StillWorking(TimeSpan limit)
        {
            lock (_last)
            {
                if (Stopwatch.GetElapsedTime(_printed) >= limit)
                {
                    print("  … still installing");
                    _printed = Stopwatch.GetTimestamp();
                }
            }
        }

        public IReadOnlyList<string> LastLines()
        {
            lock (_last)
            {
                return [.. _last];
            }
        }
    }
}
