using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace ScopeSigning.Tests.Support;

/// <summary>An answer, read.</summary>
internal sealed record Answer(int Status, string Body, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string Text(string member) => Json.GetProperty(member).GetString()!;

    /// <summary>The code of an error, from the last segment of its type; checks the whole Error object on the way.</summary>
    public string Code
    {
        get
        {
            var json = Json;
            Assert.Equal("application/json", ContentHeaders.ContentType?.MediaType);
            Assert.Equal(Status, json.GetProperty("error").GetInt32());
            var type = json.GetProperty("type").GetString()!;
            Assert.StartsWith($"{ScopeSigningHost.Issuer}/errors/", type, StringComparison.Ordinal);
            Assert.NotEmpty(json.GetProperty("title").GetString()!);
            Assert.NotEmpty(json.GetProperty("detail").GetString()!);
            return type[(type.LastIndexOf('/') + 1)..];
        }
    }
}

/// <summary>The API in a few words, from one caller.</summary>
internal sealed class Api(ScopeSigningHost host, HttpClient? client = null)
{
    private readonly string caller = $"10.{Random.Shared.Next(256)}.{Random.Shared.Next(256)}.{Random.Shared.Next(256)}";

    public ScopeSigningHost Host => host;

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string? body = null, string? mediaType = "application/jwt", double shift = 0, string? accept = null)
        => await SendAsync(method, path, body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body)), mediaType, shift, accept);

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, HttpContent? content, string? mediaType, double shift = 0, string? accept = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (content is not null && mediaType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        }

        request.Headers.Add("X-Forwarded-For", caller);
        if (shift != 0)
        {
            request.Headers.Add(TestClock.Header, shift.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var response = await (client ?? host.Client).SendAsync(request);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers);
    }

    public Task<Answer> PostAsync(string path, string token, double shift = 0) => SendAsync(HttpMethod.Post, path, token, shift: shift);

    public Task<Answer> PutAsync(string path, string token, double shift = 0) => SendAsync(HttpMethod.Put, path, token, shift: shift);

    public Task<Answer> GetAsync(string path, double shift = 0, string? accept = null) => SendAsync(HttpMethod.Get, path, (string?)null, shift: shift, accept: accept);

    public Task<Answer> HeadAsync(string path, double shift = 0) => SendAsync(HttpMethod.Head, path, (string?)null, shift: shift);

    public Task<Answer> DeleteAsync(string path, double shift = 0) => SendAsync(HttpMethod.Delete, path, (string?)null, shift: shift);

    public Task<Answer> ConfirmAsync(string job, object secret, double shift = 0)
        => SendAsync(HttpMethod.Post, $"/scope/{job}", JsonSerializer.Serialize(secret), "application/json", shift);

    /// <summary>
    /// Opens as many connections as a race needs. Otherwise the one that is open already runs alone, is done before the others have
    /// arrived, and there is no race.
    /// </summary>
    public async Task WarmUpAsync()
        => await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => GetAsync($"/key/{new string('A', 43)}")));

    /// <summary>A registered key and its revocation secret.</summary>
    public async Task<(Identity Person, string Secret)> RegisterAsync(string? devtoken = null)
    {
        var person = new Identity();
        var answer = await PostAsync("/key", person.Token(devtoken is null ? null : new { devtoken }));
        Assert.Equal(201, answer.Status);
        return (person, answer.Text("secret"));
    }

    /// <summary>An open job for an e-mail address, and its mail.</summary>
    public async Task<(string Job, Received Mail)> RequestEmailAsync(Identity person, string email)
    {
        var answer = await PostAsync("/scope", person.Token(new { scope = "email", email }));
        Assert.Equal(201, answer.Status);
        var job = answer.Text("job");
        return (job, await Eventually.AsyncNotNull(
            () => Task.FromResult(host.Sinks.For(email).FirstOrDefault(mail => mail.Text.Contains($"/{job}#", StringComparison.Ordinal))), "the mail"));
    }

    /// <summary>An open job for a phone number, and its message.</summary>
    public async Task<(string Job, Received Message)> RequestPhoneAsync(Identity person, string phone)
    {
        var before = host.Sinks.For(phone).Count;
        var answer = await PostAsync("/scope", person.Token(new { scope = "phone", phone }));
        Assert.Equal(201, answer.Status);
        return (answer.Text("job"), await host.Sinks.WaitForAsync(phone, before + 1));
    }

    /// <summary>Waits until the job is signed and reads the token.</summary>
    public async Task<string> WaitForTokenAsync(string job)
    {
        var answer = await Eventually.AsyncNotNull(
            async () => await HeadAsync($"/scope/{job}") is { Status: 200 } ? await GetAsync($"/scope/{job}") : null, "the token");
        return answer.Text("jwt");
    }

    /// <summary>A signed e-mail scope of a person.</summary>
    public async Task<string> SignedEmailAsync(Identity person, string email)
    {
        var (job, mail) = await RequestEmailAsync(person, email);
        Assert.Equal(202, (await ConfirmAsync(job, new { code = mail.Code })).Status);
        return await WaitForTokenAsync(job);
    }

    /// <summary>A signed phone scope of a person.</summary>
    public async Task<string> SignedPhoneAsync(Identity person, string phone)
    {
        var (job, message) = await RequestPhoneAsync(person, phone);
        Assert.Equal(202, (await ConfirmAsync(job, new { code = message.Code })).Status);
        return await WaitForTokenAsync(job);
    }

    public static string NewEmail() => $"person-{Guid.NewGuid():N}@mail.example";

    public static string NewPhone() => $"+{Random.Shared.NextInt64(100_000_000_000_000, 999_999_999_999_999)}";
}
