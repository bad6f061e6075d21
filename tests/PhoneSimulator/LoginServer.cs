using System.Text.Json;

namespace PhoneSimulator;

/// <summary>The tenant's side: a login server that shows the QR code and waits for the phone.</summary>
public sealed class LoginServer(HttpClient gateway, string tenantKey)
{
    /// <summary>Makes a tenant and returns its API key, which the service never shows again.</summary>
    /// <exception cref="GatewayRefusalException">The admin key is wrong.</exception>
    public static async Task<string> CreateTenantAsync(HttpClient gateway, string adminKey, CancellationToken cancellationToken = default)
    {
        var answer = await gateway.SendJsonAsync(HttpMethod.Post, "admin/v1/tenants", ("X-API-Key", adminKey), body: null, cancellationToken);
        return answer.GetProperty("apiKey").GetString()!;
    }

    /// <summary>Mints a pairing and returns the content of its QR code.</summary>
    /// <exception cref="GatewayRefusalException">The key is wrong, or the user is paired already.</exception>
    public async Task<string> CreatePairingAsync(Guid user, string userName, CancellationToken cancellationToken = default)
    {
        var answer = await gateway.SendJsonAsync(HttpMethod.Post, "tenants/v1/pairing", Credential, new { userId = user, username = userName }, cancellationToken);
        return answer.GetProperty("jwt").GetString()!;
    }

    /// <summary>State of a pairing: <c>CREATED</c>, <c>PENDING</c>, <c>APPROVED</c>, <c>DENIED</c>, <c>EXPIRED</c> or <c>NOT_FOUND</c>.</summary>
    public async Task<string> GetStatusAsync(string pairingId, CancellationToken cancellationToken = default)
    {
        var answer = await gateway.SendJsonAsync(HttpMethod.Get, $"tenants/v1/pairing/status/{Uri.EscapeDataString(pairingId)}", Credential, body: null, cancellationToken);
        return answer.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.String ? status.GetString()! : "";
    }

    private (string Name, string Value) Credential => ("X-API-Key", tenantKey);
}
