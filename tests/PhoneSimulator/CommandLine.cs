namespace PhoneSimulator;

/// <summary>What the command line says.</summary>
/// <param name="Gateway">Base address of the gateway.</param>
/// <param name="AdminKey">Admin key, with which a tenant is made when no tenant key is given.</param>
/// <param name="TenantKey">API key of a tenant: mints the pairing and reads its status.</param>
/// <param name="User">User to pair, a UUID.</param>
/// <param name="UserName">Name of that user, as the phone shows it.</param>
/// <param name="Jwt">Content of a QR code: only the phone's part is played.</param>
/// <param name="ShowQrCode">Whether the QR code is drawn.</param>
internal sealed record CommandLine(Uri Gateway, string? AdminKey, string? TenantKey, Guid User, string UserName, string? Jwt, bool ShowQrCode)
{
    public const string Usage = """
        Plays a phone that pairs through the gateway.

          dotnet run --project tests/PhoneSimulator                             makes a tenant, mints a pairing, pairs
          dotnet run --project tests/PhoneSimulator -- --admin-key <uuid>       the same with an admin key other than this machine's AppHost's
          dotnet run --project tests/PhoneSimulator -- --tenant-key <uuid>      mints a pairing, pairs
          dotnet run --project tests/PhoneSimulator -- --jwt <qr content>       only the phone's part

          --gateway <url>      default http://localhost:8080
          --user <uuid>        the user to pair; default: a new one
          --username <name>    default ada
          --no-qr              does not draw the QR code
        """;

    /// <summary>The options, or what is wrong with them.</summary>
    public static (CommandLine? Options, string Complaint) Parse(IReadOnlyList<string> args)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var showQrCode = true;
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--no-qr":
                    showQrCode = false;
                    break;
                case "--gateway" or "--admin-key" or "--tenant-key" or "--user" or "--username" or "--jwt" when i + 1 < args.Count:
                    values[args[i]] = args[++i].Trim();
                    break;
                default:
                    return (null, Usage);
            }
        }

        if (!Uri.TryCreate(values.GetValueOrDefault("--gateway", "http://localhost:8080"), UriKind.Absolute, out var gateway) || gateway.Scheme is not ("http" or "https"))
        {
            return (null, "--gateway must be an http or https address.");
        }

        if (!Guid.TryParse(values.GetValueOrDefault("--user", Guid.NewGuid().ToString()), out var user))
        {
            return (null, "--user must be a UUID.");
        }

        var options = new CommandLine(
            gateway,
            values.GetValueOrDefault("--admin-key") ?? (values.ContainsKey("--tenant-key") || values.ContainsKey("--jwt") ? null : DeveloperSecrets.AdminKey()),
            values.GetValueOrDefault("--tenant-key"),
            user,
            values.GetValueOrDefault("--username", "ada"),
            values.GetValueOrDefault("--jwt"),
            showQrCode);
        return options is { AdminKey: null, TenantKey: null, Jwt: null } ? (null, "AppHost has made no admin key on this machine yet, so one of --admin-key, --tenant-key, --jwt is needed.\n\n" + Usage) : (options, "");
    }
}
