using System.Text.RegularExpressions;
using Microsoft.Playwright;
using ScopeSigning.Tests.Support;
using TestBrowser;

namespace ScopeSigning.Tests.Features;

public sealed partial class GetConfirmPageTests(ScopeSigningHost host) : IAsyncLifetime
{
    private readonly Api api = new(host);
    private HeadlessChromium? chromium;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (chromium is not null)
        {
            await chromium.DisposeAsync();
        }
    }

    [Fact]
    public async Task GetConfirmPage_KnownOrUnknownJob_IsTheSamePageWithThePolicy()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, _) = await api.RequestEmailAsync(person, Api.NewEmail());

        var known = await api.GetAsync($"/confirm/{job}");
        var unknown = await api.GetAsync("/confirm/x");

        Assert.Equal(200, known.Status);
        Assert.Equal(known.Body, unknown.Body);
        Assert.Equal("text/html", known.ContentHeaders.ContentType!.MediaType);
        Assert.Matches(Policy(), Assert.Single(known.Headers.GetValues("Content-Security-Policy")));
        Assert.Equal("no-referrer", Assert.Single(known.Headers.GetValues("Referrer-Policy")));
        Assert.True(known.Headers.CacheControl!.NoStore);
        Assert.Equal("waiting", Assert.Single((await api.GetAsync($"/scope/{job}")).Headers.GetValues("Authentiq-Job-Status")));
    }

    [Fact]
    public async Task ConfirmPage_InChromium_ConfirmsWithTheButtonAndNotByLoading()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, mail) = await api.RequestEmailAsync(person, Api.NewEmail());
        var page = await OpenAsync();
        var requests = new List<string>();
        page.Request += (_, request) => requests.Add($"{request.Method} {new Uri(request.Url).AbsolutePath}");

        // The link of the mail, at the address where this test's server listens.
        await page.GotoAsync(mail.Link.Replace(ScopeSigningHost.BaseUrl, host.Address.ToString().TrimEnd('/'), StringComparison.Ordinal));
        Assert.Equal("waiting", Assert.Single((await api.GetAsync($"/scope/{job}")).Headers.GetValues("Authentiq-Job-Status")));
        Assert.DoesNotContain(requests, request => request.StartsWith("POST", StringComparison.Ordinal));

        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();
        await page.GetByText("Done. Your address is confirmed").WaitForAsync();

        Assert.Single(requests, $"POST /scope/{job}");
        Assert.NotEmpty(await api.WaitForTokenAsync(job));
        Assert.Equal("rgb(27, 92, 255)", await page.Locator("#confirm").EvaluateAsync<string>("button => getComputedStyle(button).backgroundColor"));
    }

    [Fact]
    public async Task ConfirmPage_InChromiumWithADeadLink_SaysSo()
    {
        var page = await OpenAsync();
        await page.GotoAsync($"{host.Address}confirm/AAAAAAAAAAAAAAAAAAAA#{new string('x', 43)}");

        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm" }).ClickAsync();

        await page.GetByText("not valid any more").WaitForAsync();
    }

    [Fact]
    public async Task ConfirmPage_InChromium_RunsAndLoadsNothingElse()
    {
        var page = await OpenAsync();
        await page.GotoAsync($"{host.Address}confirm/AAAAAAAAAAAAAAAAAAAA");

        var violations = await page.EvaluateAsync<string[]>(
            """
            async (elsewhere) => {
              const found = [];
              document.addEventListener('securitypolicyviolation', (event) => found.push(event.effectiveDirective));
              const script = document.createElement('script');
              script.textContent = 'window.injected = true';
              document.body.append(script);
              const style = document.createElement('style');
              style.textContent = 'body { display: none }';
              document.body.append(style);
              const image = document.createElement('img');
              image.src = '/errors/bad-request';
              document.body.append(image);
              const frame = document.createElement('iframe');
              frame.src = '/confirm/x';
              document.body.append(frame);
              await fetch(elsewhere).catch(() => {});
              for (let i = 0; i < 200 && new Set(found).size < 5; i++) {
                await new Promise((resume) => setTimeout(resume, 20));
              }
              return [window.injected ? 'ran' : 'blocked', ...new Set(found)];
            }
            """,
            "http://127.0.0.2:9/");

        Assert.Equal(["blocked", "connect-src", "frame-src", "img-src", "script-src-elem", "style-src-elem"], violations.Order(StringComparer.Ordinal));
    }

    private async Task<IPage> OpenAsync()
    {
        chromium ??= await HeadlessChromium.LaunchAsync();
        return await chromium.Browser.NewPageAsync();
    }

    [GeneratedRegex("^default-src 'none'; script-src 'sha256-[A-Za-z0-9+/]{43}='; style-src 'sha256-[A-Za-z0-9+/]{43}='; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$", RegexOptions.None, 1000)]
    private static partial Regex Policy();
}
