using System.Text;

namespace Campaigns.Tests.Families;

/// <summary>Which paths belong to which family: the gateway's table of routes, written down a second time on purpose.</summary>
internal static class ApiFamilies
{
    private static readonly PlatformFamily Platform = new();
    private static readonly PairingFamily Pairing = new();
    private static readonly IdentityAuthFamily IdentityAuth = new();
    private static readonly DeviceRegistryFamily DeviceRegistry = new();
    private static readonly ScopeSigningFamily ScopeSigning = new();

    private static readonly (string Prefix, ApiFamily Family)[] Table =
    [
        ("/mobile/v1", Pairing),
        ("/tenants/v1", Pairing),
        ("/admin/v1/tenants", Pairing),
        ("/.well-known/jwks.json", Pairing),
        ("/actuator/health", Pairing),
        ("/v1/auth", IdentityAuth),
        ("/v1/users/@me", IdentityAuth),
        ("/.well-known/fluxer", IdentityAuth),
        ("/identity-auth/.well-known", IdentityAuth),
        ("/authlance/identity", DeviceRegistry),
        ("/key", ScopeSigning),
        ("/login", ScopeSigning),
        ("/scope", ScopeSigning),
        ("/confirm", ScopeSigning),
        ("/scope-signing", ScopeSigning),
    ];

    /// <summary>
    /// The families that an error on this target may have: one, but where the path has dot segments or half an escape, which may be
    /// read in two ways.
    /// </summary>
    /// <param name="target">As it was sent, query and all.</param>
    public static IReadOnlyCollection<ApiFamily> Of(string target)
    {
        var path = target.Split('?')[0];
        var decoded = Decode(path);
        return [.. new[] { path, decoded, WithoutDotSegments(decoded) }.Select(Find).Distinct()];
    }

    private static ApiFamily Find(string path)
        => Table.FirstOrDefault(row => path.StartsWith(row.Prefix, StringComparison.OrdinalIgnoreCase)
            && (path.Length == row.Prefix.Length || path[row.Prefix.Length] == '/')).Family ?? Platform;

    // %2F stays: it is no separator.
    private static string Decode(string path)
        => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(Uri.UnescapeDataString(path.Replace("%2F", "%252F", StringComparison.OrdinalIgnoreCase))));

    private static string WithoutDotSegments(string path)
    {
        var segments = new List<string>();
        foreach (var segment in path.Split('/'))
        {
            if (segment == "..")
            {
                if (segments.Count > 1)
                {
                    segments.RemoveAt(segments.Count - 1);
                }
            }
            else if (segment != ".")
            {
                segments.Add(segment);
            }
        }

        return string.Join('/', segments);
    }
}
