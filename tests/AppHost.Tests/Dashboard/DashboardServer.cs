using System.Net;
using System.Text.Json;
using Aspire.Hosting.Local.Dashboard;

namespace AppHost.Tests.Dashboard;

/// <summary>A dashboard on free ports, with an engine of the tests.</summary>
internal sealed class DashboardServer : IAsyncDisposable
{
    public const string Token = "token-of-the-test";
    public const string Key = "key-of-the-test";

    private DashboardServer(DashboardHost host, DashboardSource source)
    {
        Host = host;
        Source = source;
        Anonymous = NewClient();
    }

    public DashboardHost Host { get; }

    public DashboardSource Source { get; }

    /// <summary>Follows no redirect and keeps no cookie.</summary>
    public HttpClient Anonymous { get; }

    public static DashboardOptions Options { get; } = new()
    {
        FrontendUrl = new Uri("http://127.0.0.1:0"),
        OtlpUrl = new Uri("http://127.0.0.1:0"),
        BrowserToken = Token,
        OtlpApiKey = Key,
        ApplicationName = "Platform",
    };

    public static async Task<DashboardServer> StartAsync(DashboardOptions? options = null, DashboardSource? source = null)
    {
        source ??= new DashboardSource();
        return new DashboardServer(await DashboardHost.StartAsync(options ?? Options, source, TestContext.Current.CancellationToken), source);
    }

    public static DashboardResource Resource(string id = "pairing-aaaaaaaa", string name = "pairing") => new()
    {
        Id = id,
        Name = name,
        Type = "Project",
        State = "Running",
        Health = "Healthy",
        ProcessId = 4711,
        StartedAt = DateTimeOffset.UtcNow,
        Source = "services/pairing/Pairing/Pairing.csproj",
        ConnectionString = "Host=localhost;Password=secret-connection",
        Environment = [new("ASPNETCORE_URLS", "http://localhost:5000"), new("Pairing__AdminKey", "secret-variable", IsSecret: true)],
        Commands = ["stop", "restart"],
    };

    public HttpClient NewClient()
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10) }, disposeHandler: true);
        client.BaseAddress = Host.Url;
        return client;
    }

    /// <summary>A client with the cookie of a login.</summary>
    public async Task<HttpClient> LogInAsync()
    {
        using var answer = await Anonymous.GetAsync(Host.LoginUrl, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        var client = NewClient();
        client.DefaultRequestHeaders.Add("Cookie", answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0]);
        return client;
    }

    /// <summary>A client with the cookie that also sends what our pages send with a command.</summary>
    public async Task<HttpClient> LogInAsPageAsync()
    {
        var client = await LogInAsync();
        client.DefaultRequestHeaders.Add("X-Dashboard-Request", "1");
        return client;
    }

    /// <summary>Sends to the OTLP receiver, with the key.</summary>
    public async Task<HttpResponseMessage> ExportAsync(string path, byte[] body, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Host.OtlpUrl, path)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/x-protobuf");
        request.Headers.Add("x-otlp-api-key", Key);
        change?.Invoke(request);
        return await Anonymous.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public static async Task<JsonElement> JsonAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Anonymous.Dispose();
        await Host.DisposeAsync();
    }
}
