using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Aspire.Hosting.Local.Processes;

namespace Aspire.Hosting.Local.Servers;

/// <summary>What a RabbitMQ node reads: configuration, user, plugins, cookie, and the environment that points to them.</summary>
internal sealed class RabbitMQFiles(string folder)
{
    public string Folder => folder;

    public void Write(int port, int? managementPort, string userName, string password)
    {
        PrivateFiles.Write(In("rabbitmq.conf"), Configuration(port, managementPort));
        PrivateFiles.Write(In("definitions.json"), Definitions(userName, password));
        PrivateFiles.Write(In("enabled_plugins"), managementPort is null ? "[].\n" : "[rabbitmq_management].\n");
        WriteCookie();
    }

    /// <summary>Everything that the start script would otherwise look for in places that belong to the machine's own RabbitMQ.</summary>
    public IReadOnlyDictionary<string, string?> Environment(string node, int epmdPort, int distributionPort, string codePath)
    {
        // Settings for another node, in the shell that started AppHost.
        var variables = System.Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(variable => variable.StartsWith("RABBITMQ_", StringComparison.Ordinal) || variable.StartsWith("ERL_", StringComparison.Ordinal))
            .ToDictionary(variable => variable, _ => (string?)null, StringComparer.Ordinal);
        variables["HOME"] = folder;
        variables["RABBITMQ_NODENAME"] = node;
        variables["RABBITMQ_CONF_ENV_FILE"] = In("rabbitmq-env.conf");
        variables["RABBITMQ_CONFIG_FILE"] = In("rabbitmq.conf");
        variables["RABBITMQ_ADVANCED_CONFIG_FILE"] = In("advanced.config");
        variables["RABBITMQ_GENERATED_CONFIG_DIR"] = In("generated");
        variables["RABBITMQ_ENABLED_PLUGINS_FILE"] = In("enabled_plugins");
        variables["RABBITMQ_FEATURE_FLAGS_FILE"] = In("feature_flags");
        variables["RABBITMQ_MNESIA_BASE"] = In("data");
        variables["RABBITMQ_PLUGINS_EXPAND_DIR"] = In("plugins-expand");
        variables["RABBITMQ_LOG_BASE"] = In("log");
        variables["RABBITMQ_PID_FILE"] = In("pid");
        // The console is the log.
        variables["RABBITMQ_LOGS"] = "-";
        variables["RABBITMQ_DIST_PORT"] = distributionPort.ToString(CultureInfo.InvariantCulture);
        variables["ERL_EPMD_PORT"] = epmdPort.ToString(CultureInfo.InvariantCulture);
        variables["ERL_EPMD_ADDRESS"] = "127.0.0.1";
        variables["ERL_CRASH_DUMP_SECONDS"] = "0";
        // Makes the start script become the Erlang machine instead of its parent: the signal to stop reaches the one that must have it.
        variables["RABBITMQ_ALLOW_INPUT"] = "true";
        // A node that already has its name when RabbitMQ starts need not find out whether it may have it, for which RabbitMQ would start
        // another Erlang machine. Ours is the only epmd that it may use.
        variables["RABBITMQ_SERVER_START_ARGS"] = $"-noinput -start_epmd false -sname {node}";
        variables["RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS"] = string.Create(
            CultureInfo.InvariantCulture,
            $"{codePath} -kernel inet_dist_use_interface {{127,0,0,1}} -kernel inet_dist_listen_min {distributionPort} -kernel inet_dist_listen_max {distributionPort}");
        return variables;
    }

    private string In(string file) => Path.Combine(folder, file);

    private string Configuration(int port, int? managementPort)
    {
        var lines = new StringBuilder("# Written by AppHost at every start.\n");
        foreach (var (index, address) in Loopback.Addresses.Index())
        {
            lines.Append(CultureInfo.InvariantCulture, $"listeners.tcp.{index + 1} = {address}:{port}\n");
        }

        if (managementPort is not null)
        {
            // One listener: the page's clients are browsers, which try both addresses of localhost.
            lines.Append(CultureInfo.InvariantCulture, $"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {managementPort}\n");
        }

        lines.Append(CultureInfo.InvariantCulture, $"load_definitions = {In("definitions.json")}\n");
        // Two lines for each connection, and a health check connects every few seconds.
        lines.Append("log.connection.level = warning\n");
        return lines.ToString();
    }

    /// <summary>
    /// The user, loaded at every start: default_user would count at the first one only, and the password may have changed since.
    /// Holds a salted hash, not the password (rabbitmq.com/docs/passwords: base64(salt ‖ SHA-256(salt ‖ password)), salt of 4 bytes).
    /// </summary>
    private static string Definitions(string userName, string password)
    {
        var salt = RandomNumberGenerator.GetBytes(4);
        byte[] hash = [.. salt, .. SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(password)])];
        return JsonSerializer.Serialize(new Dictionary<string, object[]>
        {
            ["users"] = [new { name = userName, password_hash = Convert.ToBase64String(hash), hashing_algorithm = "rabbit_password_hashing_sha256", tags = "administrator" }],
            ["vhosts"] = [new { name = "/" }],
            ["permissions"] = [new { user = userName, vhost = "/", configure = ".*", write = ".*", read = ".*" }],
        });
    }

    /// <summary>The secret of the Erlang distribution; Erlang insists that only its owner can read it.</summary>
    private void WriteCookie()
    {
        if (!File.Exists(In(".erlang.cookie")))
        {
            PrivateFiles.Write(In(".erlang.cookie"), RandomNumberGenerator.GetHexString(32), UnixFileMode.UserRead);
        }
    }
}
