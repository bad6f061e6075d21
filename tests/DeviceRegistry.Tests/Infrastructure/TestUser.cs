using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace DeviceRegistry.Tests.Infrastructure;

/// <summary>Somebody who calls with a token.</summary>
public sealed record TestUser(RegistryApp App, string Identity)
{
    /// <summary>Global roles.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Names of groups that the token makes him a member of.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Names of groups that the token makes him administrator of.</summary>
    public IReadOnlyList<string> AdministeredGroups { get; init; } = [];

    public string? Email { get; init; }

    /// <summary>Claim <c>email_verified</c>.</summary>
    public bool EmailVerified { get; init; }

    /// <summary>Claim <c>sid</c>.</summary>
    public string? SessionId { get; init; }

    /// <summary>Header <c>X-Device-Id</c>, if it is to be sent.</summary>
    public string? DeviceHeader { get; init; }

    /// <summary>A token that is valid for an hour.</summary>
    public string Token(int lifetime = 3600)
    {
        var claims = App.Issuer.Claims(Identity, App.Clock, lifetime);
        claims["user"] = new
        {
            identity = Identity,
            email = Email,
            firstName = "Ada",
            lastName = "L",
            roles = Roles,
            groups = Groups,
            groupRoles = AdministeredGroups.Select(group => new { group, role = "group-admin" }),
        };
        claims["email_verified"] = EmailVerified;
        if (SessionId is not null)
        {
            claims["sid"] = SessionId;
        }

        return App.Issuer.Sign(claims);
    }

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<HttpResponseMessage> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body);

    public Task<HttpResponseMessage> PutAsync(string path, object? body) => SendAsync(HttpMethod.Put, path, body);

    public Task<HttpResponseMessage> DeleteAsync(string path, object? body = null) => SendAsync(HttpMethod.Delete, path, body);

    /// <summary>Sends a request with his token.</summary>
    /// <param name="body">An object, sent as JSON; a text, sent as it is; nothing: what the published client sends when it has no body.</param>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token());
        if (DeviceHeader is not null)
        {
            request.Headers.Add("X-Device-Id", DeviceHeader);
        }

        request.Content = body switch
        {
            null when method == HttpMethod.Get => null,
            null => new ByteArrayContent([]) { Headers = { ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded") } },
            HttpContent content => content,
            string text => new StringContent(text) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            _ => JsonContent.Create(body),
        };
        change?.Invoke(request);
        return await App.Client.SendAsync(request);
    }
}
