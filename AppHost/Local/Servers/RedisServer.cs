using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Servers;

/// <summary>Redis; keeps its data as Aspire's with a data volume does: a snapshot a minute when anything changed, and one at its end.</summary>
internal sealed class RedisServer(string name, int port, string password, StateFolder state, ProcessLedger ledger, Action<string, bool> onLine)
    : BackingServer(name, port, state, ledger, onLine)
{
    protected override string Product => "Redis";

    protected override Task<ChildProcessOptions> PrepareAsync(CancellationToken cancellationToken)
    {
        var redis = ServerPrograms.Redis() ?? throw new DistributedApplicationException($"{Name}: Redis is not installed.");
        Version = redis.Version.ToString();
        var folder = State.For(Name);
        foreach (var halfSnapshot in Directory.EnumerateFiles(folder, "temp-*.rdb"))
        {
            File.Delete(halfSnapshot);
        }

        var configuration = Path.Combine(folder, "redis.conf");
        PrivateFiles.Write(configuration, Configuration(folder));
        return Task.FromResult(new ChildProcessOptions
        {
            Name = Name,
            FileName = redis.Path("redis-server"),
            Arguments = [configuration],
            WorkingDirectory = folder,
        });
    }

    protected override async Task ConnectAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Loopback.Addresses[0], Port, cancellationToken);
        await using var stream = new NetworkStream(socket);
        // RESP (redis.io/docs/latest/develop/reference/protocol-spec): arrays of bulk strings; a simple string comes back for each.
        await stream.WriteAsync(Encoding.UTF8.GetBytes(Request("AUTH", password) + Request("PING")), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        foreach (var expected in new[] { "+OK", "+PONG" })
        {
            var answer = await reader.ReadLineAsync(cancellationToken);
            if (answer != expected)
            {
                // -LOADING while it reads its snapshot. The answer never repeats the password.
                throw new IOException($"Redis answered \"{answer}\".");
            }
        }
    }

    private static string Request(params string[] words)
        => string.Create(CultureInfo.InvariantCulture, $"*{words.Length}\r\n")
            + string.Concat(words.Select(word => string.Create(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n")));

    /// <summary>A file, because every user of the machine can read a command line.</summary>
    private string Configuration(string folder) => $"""
        # Written by AppHost at every start.
        port {Port.ToString(CultureInfo.InvariantCulture)}
        bind {string.Join(' ', Loopback.Addresses)}
        protected-mode yes
        requirepass {Quoted(password)}
        dir {Quoted(folder)}
        save {(State.IsEphemeral ? "\"\"" : "60 1")}
        appendonly no
        daemonize no
        # One process, one place for its log: AppHost's.
        logfile ""
        syslog-enabled no
        always-show-logo no

        """;

    /// <summary>Redis's quoted string, in which every byte can be written as \xHH.</summary>
    private static string Quoted(string text)
        => '"' + string.Concat(Encoding.UTF8.GetBytes(text).Select(b => string.Create(CultureInfo.InvariantCulture, $"\\x{b:x2}"))) + '"';
}
