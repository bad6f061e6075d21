using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Pages.Tests.Infrastructure;

/// <summary>Somebody with an account, made through the API: for tests that begin where signing up has ended.</summary>
internal sealed record Person(string Email, string Password, string Id, string Token)
{
    public const string SomePassword = "correct horse battery staple";

    public static string NewEmail() => $"ada-{Guid.NewGuid():N}@example.org";

    /// <summary>An account whose first network is <paramref name="from"/>; its address is not confirmed.</summary>
    public static async Task<Person> RegisterAsync(PagesFixture fixture, IPAddress from, string? email = null)
    {
        email ??= NewEmail();
        using var client = ClientFrom(fixture, from);
        using var answer = await client.PostAsJsonAsync("v1/auth/register", new
        {
            email,
            username = "ada",
            global_name = "Ada Lovelace",
            password = SomePassword,
            date_of_birth = "1990-12-10",
            consent = true,
        });
        return await ReadAsync(email, answer);
    }

    /// <summary>Confirms the address by the mailed link.</summary>
    public async Task ConfirmAsync(PagesFixture fixture, IPAddress from)
    {
        var link = await fixture.Inbox.ReadLinkAsync(Email, Inbox.ConfirmAddress);
        using var client = ClientFrom(fixture, from);
        using var answer = await client.PostAsJsonAsync("v1/auth/verify", new { token = link.Split('=')[1] });
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    /// <summary>The network of the platform's administrator.</summary>
    public static readonly IPAddress AdministratorAddress = IPAddress.Parse("127.77.77.77");

    private static readonly SemaphoreSlim Door = new(1);
    private static Person? administrator;

    /// <summary>The administrator of the platform: registered by the first who asks, in this run or an earlier one on this stack.</summary>
    public static async Task<Person> AdministratorAsync(PagesFixture fixture)
    {
        await Door.WaitAsync();
        try
        {
            return administrator ??= await SignInOrRegisterAsync(fixture, fixture.Stack.AdministratorEmail, AdministratorAddress);
        }
        finally
        {
            Door.Release();
        }
    }

    private static async Task<Person> SignInOrRegisterAsync(PagesFixture fixture, string email, IPAddress from)
    {
        using var client = ClientFrom(fixture, from);
        using var answer = await client.PostAsJsonAsync("v1/auth/login", new { email, password = SomePassword });
        if (answer.IsSuccessStatusCode)
        {
            return await ReadAsync(email, answer);
        }

        var person = await RegisterAsync(fixture, from, email);
        await person.ConfirmAsync(fixture, from);
        return person;
    }

    /// <summary>Calls the API in this person's name.</summary>
    public async Task<JsonElement> CallAsync(PagesFixture fixture, HttpMethod method, string path, object? body = null)
    {
        using var client = ClientFrom(fixture, PagesFixture.NewAddress());
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Authorization", Token);
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return text.Length > 0 ? JsonDocument.Parse(text).RootElement : default;
    }

    private static async Task<Person> ReadAsync(string email, HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {text}");
        using var tokens = JsonDocument.Parse(text);
        return new Person(email, SomePassword, tokens.RootElement.GetProperty("user_id").GetString()!, tokens.RootElement.GetProperty("token").GetString()!);
    }

    private static HttpClient ClientFrom(PagesFixture fixture, IPAddress from)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(from, 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new HttpClient(handler) { BaseAddress = fixture.BaseUrl, Timeout = TimeSpan.FromSeconds(60) };
    }
}
