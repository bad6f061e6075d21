using System.Net;
using System.Text.RegularExpressions;
using Pages.Tests.Infrastructure;

namespace Pages.Tests.Serving;

/// <summary>How the gateway serves the pages: addresses, headers, caching.</summary>
public sealed partial class ServedFilesTests(PagesFixture fixture)
{
    [Theory]
    [InlineData("/")]
    [InlineData("/verify")]
    [InlineData("/reset")]
    [InlineData("/authorize-ip")]
    [InlineData("/wasntme")]
    [InlineData("/auth/sso/callback")]
    [InlineData("/devices?group=x")]
    public async Task Page_Address_IsTheDocumentUnderAStrictPolicy(string path)
    {
        using var client = NewClient();
        using var answer = await client.GetAsync(path);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-referrer", Header(answer, "Referrer-Policy"));
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Equal("DENY", Header(answer, "X-Frame-Options"));
        Assert.Equal("same-origin", Header(answer, "Cross-Origin-Opener-Policy"));
        Assert.Equal("no-cache", Header(answer, "Cache-Control"));
        Assert.NotNull(Header(answer, "X-Correlation-Id"));
        var policy = Header(answer, "Content-Security-Policy")!;
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("require-trusted-types-for 'script'; trusted-types 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("http", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_EveryAddressThatTheScriptKnows_IsServed()
    {
        using var client = NewClient();
        var script = await File.ReadAllTextAsync(Path.Combine(PagesFixture.FolderOf("WebRoot"), "assets", "pages.js"));
        var addresses = PageAddress().Matches(script).Select(match => match.Groups["path"].Value).ToList();
        Assert.Equal(14, addresses.Count);

        foreach (var address in addresses)
        {
            using var answer = await client.GetAsync(address);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, address);
        }
    }

    [Theory]
    [InlineData("/nothing")]
    [InlineData("/assets/x/nothing.js")]
    [InlineData("/assets/x/../../appsettings.json")]
    [InlineData("/assets/x/%2e%2e/index.html")]
    [InlineData("/assets/x/index.html")]
    [InlineData("/index.html")]
    [InlineData("/verify/more")]
    public async Task Unknown_Address_IsNotFoundAsProblemDetails(string path)
    {
        using var client = NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(client.BaseAddress!.ToString().TrimEnd('/') + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("/login", "application/json")]
    [InlineData("/scope", "application/json")]
    [InlineData("/v1/auth/nothing", "application/json")]
    [InlineData("/authlance/identity/nothing", "application/json")]
    public async Task ApiPath_UnknownOperation_AnswersTheApiAndNoPage(string path, string mediaType)
    {
        using var client = NewClient();
        using var answer = await client.GetAsync(path);

        Assert.True((int)answer.StatusCode >= 400);
        Assert.Equal(mediaType, answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Page_Posted_IsNotAllowed()
    {
        using var client = NewClient();
        using var answer = await client.PostAsync("/verify", content: null);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Page_AskedAgain_HasNotChanged()
    {
        using var client = NewClient();
        using var first = await client.GetAsync("/");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/reset");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Empty(await second.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Assets_OfThePage_AreKeptForEverAndOfAnotherVersionNot()
    {
        using var client = NewClient();
        var html = await client.GetStringAsync("/");
        var script = Script().Match(html).Groups["path"].Value;

        using var asset = await client.GetAsync(script);
        using var other = await client.GetAsync(script.Replace(script.Split('/')[2], "0123456789abcdef", StringComparison.Ordinal));

        Assert.Equal("public, max-age=31536000, immutable", Header(asset, "Cache-Control"));
        Assert.Equal("text/javascript; charset=utf-8", asset.Content.Headers.ContentType!.ToString());
        Assert.Equal("same-origin", Header(asset, "Cross-Origin-Resource-Policy"));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.Equal("no-cache", Header(other, "Cache-Control"));
    }

    [Theory]
    [InlineData("br", "br")]
    [InlineData("gzip, br", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("br;q=0, gzip", "gzip")]
    [InlineData("identity", null)]
    public async Task Assets_Encoding_IsOneThatTheClientTakes(string accept, string? encoding)
    {
        using var client = NewClient();
        var style = Style().Match(await client.GetStringAsync("/")).Groups["path"].Value;
        using var request = new HttpRequestMessage(HttpMethod.Get, style);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);

        using var answer = await client.SendAsync(request);

        Assert.Equal(encoding, answer.Content.Headers.ContentEncoding.SingleOrDefault());
        Assert.Equal("Accept-Encoding", Header(answer, "Vary"));
        Assert.Equal(encoding is null, (await answer.Content.ReadAsStringAsync()).Contains(":root", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Document_HasNothingInlineAndNothingForeign()
    {
        using var client = NewClient();
        var html = await client.GetStringAsync("/");

        Assert.DoesNotMatch(InlineCode(), html);
        var foreign = Address().Matches(html).Select(match => match.Groups["url"].Value).Where(url => !url.StartsWith('/') && !url.StartsWith('#'));
        // The inbox, for developers: somewhere to go, nothing that is loaded.
        Assert.Equal([fixture.Stack.Inbox.AbsoluteUri.TrimEnd('/')], foreign.Select(url => url.TrimEnd('/')));
    }

    private static string? Header(HttpResponseMessage answer, string name)
        => answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    private HttpClient NewClient() => new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = fixture.BaseUrl };

    [GeneratedRegex("""src="(?<path>/assets/[0-9a-f]{16}/app\.js)""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Script();

    [GeneratedRegex("""href="(?<path>/assets/[0-9a-f]{16}/style\.css)""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Style();

    [GeneratedRegex("""<style|style="|<script(?![^>]*src=)|\son\w+=|"javascript:""", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InlineCode();

    [GeneratedRegex("""^  "(?<path>/[^"]*)": \{""", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PageAddress();

    [GeneratedRegex("""(?:src|href)="(?<url>[^"]+)""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
