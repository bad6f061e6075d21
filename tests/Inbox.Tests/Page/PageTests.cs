using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Playwright;
using TestBrowser;
using static Microsoft.Playwright.Assertions;

namespace Inbox.Tests.Page;

/// <summary>The page in a real browser. Each test leaves a screenshot in <c>Screenshots/</c>, which git ignores.</summary>
public sealed class PageTests : IAsyncLifetime
{
    private readonly InboxHost inbox = new();
    private HeadlessChromium chromium = null!;
    private IPage page = null!;
    private readonly List<string> problems = [];

    public async ValueTask InitializeAsync()
    {
        await inbox.InitializeAsync();

        chromium = await HeadlessChromium.LaunchAsync();
        page = await OpenAsync(ColorScheme.Light);
    }

    public async ValueTask DisposeAsync()
    {
        await chromium.DisposeAsync();
        await inbox.DisposeAsync();
    }

    [Fact]
    public async Task Page_Empty_SaysWhereToSend()
    {
        await Expect(page.Locator("#reader")).ToContainTextAsync("Nothing has arrived yet.");
        await Expect(page.Locator("#count")).ToHaveTextAsync("0 messages");
        await Expect(page.Locator("#live")).ToHaveAttributeAsync("title", "Live");
        await ShootAsync(page);
        Assert.Empty(problems);
    }

    [Fact]
    public async Task Page_MessageArrives_ShownWithoutReload()
    {
        await Expect(page.Locator("#live")).ToHaveAttributeAsync("title", "Live");
        await PostSmsAsync("+31612345678", "482913");

        await Expect(page.Locator("#list li")).ToHaveCountAsync(1);
        await Expect(page.Locator("#list .to")).ToHaveTextAsync("+31612345678");
        await Expect(page.Locator("#count")).ToHaveTextAsync("1 message");
        Assert.Empty(problems);
    }

    [Fact]
    public async Task Page_HtmlMail_IsShownWithoutScriptsOrRemoteLoads()
    {
        await DeliverAsync();
        await page.Locator("#list a").First.ClickAsync();

        var frame = page.FrameLocator("iframe");
        await Expect(frame.Locator("h1")).ToHaveTextAsync("Confirm your address");
        await Expect(frame.Locator("#script")).ToHaveTextAsync("untouched");
        await Expect(frame.Locator("#inline")).ToHaveJSPropertyAsync("naturalWidth", 1);
        await Expect(frame.Locator("#remote")).ToHaveJSPropertyAsync("naturalWidth", 0);
        await Expect(frame.Locator("a")).ToHaveJSPropertyAsync("href", "http://localhost:8080/verify#token=abc");
        await Expect(page.Locator(".code b")).ToHaveTextAsync(["482913"]);
        Assert.Equal("", await page.Locator("iframe").EvaluateAsync<string>("frame => frame.contentDocument === null ? '' : 'readable'"));
        await ShootAsync(page);
    }

    [Fact]
    public async Task Page_Views_TextHeaderSourceAndJson()
    {
        await DeliverAsync();
        await page.Locator("#list a").First.ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Text" }).ClickAsync();
        await Expect(page.Locator(".text a")).ToHaveAttributeAsync("href", "http://localhost:8080/verify#token=abc");
        await Expect(page.Locator(".text mark")).ToHaveTextAsync("482913");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Header" }).ClickAsync();
        await Expect(page.Locator(".source")).ToContainTextAsync("X-Scope-Signing-Kind: scope-confirm");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Source" }).ClickAsync();
        await Expect(page.Locator(".source")).ToContainTextAsync("multipart/alternative");
        await ShootAsync(page);

        await page.Locator("#list a", new() { HasText = "+31612345678" }).ClickAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "JSON" }).ClickAsync();
        await Expect(page.Locator(".source")).ToContainTextAsync("\"channel\": \"sms\"");
        Assert.Empty(problems);
    }

    [Fact]
    public async Task Page_MarkupInMessages_IsText()
    {
        const string Markup = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>";
        await PostAsync("/sms", $"{{\"to\":{System.Text.Json.JsonSerializer.Serialize(Markup)},\"subject\":{System.Text.Json.JsonSerializer.Serialize(Markup)},\"text\":{System.Text.Json.JsonSerializer.Serialize(Markup + " javascript:alert(1)")}}}");
        await page.Locator("#list a").First.ClickAsync();

        await Expect(page.Locator(".text")).ToContainTextAsync(Markup);
        await Expect(page.Locator("#reader img, #reader b, #reader .text a, #list img")).ToHaveCountAsync(0);
        Assert.Empty(problems);
    }

    [Fact]
    public async Task Page_Keyboard_MovesSearchesCopiesAndDeletes()
    {
        await PostSmsAsync("+31611111111", "111111");
        await PostSmsAsync("+31622222222", "222222");
        await Expect(page.Locator("#list li")).ToHaveCountAsync(2);

        await page.Keyboard.PressAsync("j");
        await Expect(page.Locator("#list [aria-current] .to")).ToHaveTextAsync("+31622222222");
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(page.Locator("#list [aria-current] .to")).ToHaveTextAsync("+31611111111");
        await Expect(page.Locator("#reader h2")).ToHaveTextAsync("scope-confirm");
        await Expect(page.Locator(".code b")).ToHaveTextAsync("111111");
        await page.Keyboard.PressAsync("c");
        await Expect(page.Locator(".code span")).ToHaveTextAsync("copied");
        Assert.Equal("111111", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));

        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("to:+316222");
        await Expect(page.Locator("#count")).ToHaveTextAsync("1 of 2");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("Delete");
        await Expect(page.Locator("#count")).ToHaveTextAsync("0 of 1");
        Assert.Equal("+31611111111", Assert.Single(inbox.Store.Snapshot()).To[0].Address);
        Assert.Empty(problems);
    }

    [Fact]
    public async Task Page_AddressWithSearchAndMessage_OpensThem()
    {
        await PostSmsAsync("+31611111111", "111111");
        await PostSmsAsync("+31622222222", "222222");
        var id = inbox.Store.Snapshot()[1].Id;
        await page.GotoAsync($"{inbox.Http.BaseAddress}?q=to%3A%2B31611#{id}");

        await Expect(page.Locator("#search")).ToHaveValueAsync("to:+31611");
        await Expect(page.Locator("#list li")).ToHaveCountAsync(1);
        await Expect(page.Locator(".code b")).ToHaveTextAsync("111111");
    }

    [Fact]
    public async Task Page_MoreThanFifty_ShowsMoreOnDemand()
    {
        for (var i = 0; i < 60; i++)
        {
            await PostSmsAsync($"+3161234{i:D4}", "111111");
        }

        await Expect(page.Locator("#count")).ToHaveTextAsync("60 messages");
        await Expect(page.Locator("#list li")).ToHaveCountAsync(50);
        await page.Locator("#more").ClickAsync();
        await Expect(page.Locator("#list li")).ToHaveCountAsync(60);
        await Expect(page.Locator("#more")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task Page_DeleteAll_AsksAndEmpties()
    {
        await PostSmsAsync("+31611111111", "111111");
        await Expect(page.Locator("#list li")).ToHaveCountAsync(1);
        page.Dialog += async (_, dialog) => await dialog.AcceptAsync();
        await page.Locator("#delete-all").ClickAsync();

        await Expect(page.Locator("#list li")).ToHaveCountAsync(0);
        Assert.Empty(inbox.Store.Snapshot());
    }

    [Fact]
    public async Task Page_DarkAndNarrow_StaysReadable()
    {
        await DeliverAsync();
        var dark = await OpenAsync(ColorScheme.Dark);
        await dark.Locator("#list a", new() { HasText = "+31612345678" }).ClickAsync();
        await Expect(dark.Locator(".code b")).ToHaveTextAsync("482913");
        Assert.NotEqual(
            await page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"),
            await dark.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        await ShootAsync(dark, "Dark");

        await dark.SetViewportSizeAsync(390, 780);
        await Expect(dark.Locator("nav")).ToBeHiddenAsync();
        await ShootAsync(dark, "NarrowMessage");
        await dark.Locator("#back").ClickAsync();
        await Expect(dark.Locator("nav")).ToBeVisibleAsync();
        await ShootAsync(dark, "NarrowList");
        Assert.Empty(problems);
    }

    private async Task<IPage> OpenAsync(ColorScheme colors)
    {
        var context = await chromium.Browser.NewContextAsync(new()
        {
            ColorScheme = colors,
            Locale = "en-GB",
            ViewportSize = new() { Width = 1280, Height = 800 },
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        var opened = await context.NewPageAsync();
        opened.PageError += (_, error) => problems.Add(error);
        opened.Console += (_, message) =>
        {
            // What the sandbox of a mail has stopped is no fault of the page.
            if (message.Type == "error" && !message.Text.StartsWith("Blocked script execution", StringComparison.Ordinal) && !message.Text.Contains("\"img-src data:\"", StringComparison.Ordinal))
            {
                problems.Add(message.Text);
            }
        };
        await opened.GotoAsync(inbox.Http.BaseAddress!.ToString());
        return opened;
    }

    private static Task<byte[]> ShootAsync(IPage page, string? name = null, [CallerFilePath] string file = "", [CallerMemberName] string test = "")
        => page.ScreenshotAsync(new() { Path = Path.Combine(Path.GetDirectoryName(file)!, "..", "Screenshots", $"{name ?? test}.png") });

    /// <summary>One of each kind; the HTML mail is the newest.</summary>
    private async Task DeliverAsync()
    {
        await PostAsync("/letter", """{"kind":"scope-confirm","channel":"letter","to":{"street_address":"Dorpsstraat 1","postal_code":"1234 AB","locality":"Ons Dorp","country":"NL"},"code":"482913","expires":"2026-01-23T00:00:00Z"}""");
        await PostAsync("/push", """{"id":"3f1c8c1e-1d3e-4b43-9d0b-2f8f3c1b0a77","kind":"login","devtoken":"dQw4w9WgXcQ:APA91bHun4MxP5egoKMwt2KZFBaFUH-1RYqx","callback":"https://shop.example/login/7","iss":"http://localhost:8080/scope-signing","iat":1767322000,"exp":1767322120}""");
        await PostAsync("/sms", """{"kind":"scope-confirm","channel":"tts","to":"+31687654321","code":"482913","text":"Your code is 4, 8, 2, 9, 1, 3."}""");
        await PostSmsAsync("+31612345678", "482913");
        await using var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort);
        await client.SendMailAsync("""
            From: Platform <noreply@example.org>
            To: =?utf-8?Q?Ada_L=C3=B6velace?= <ada@example.org>
            Subject: Please confirm your address
            X-Scope-Signing-Kind: scope-confirm
            Content-Type: multipart/alternative; boundary=a

            --a
            Content-Type: text/plain; charset=utf-8

            Hello Ada,

            Code: 482913
            Link: http://localhost:8080/verify#token=abc.

            The request came from 192.168.123.45 at 12:30:45.123456.
            --a
            Content-Type: multipart/related; boundary=r

            --r
            Content-Type: text/html; charset=utf-8

            <!doctype html><html><head><style>body { font-family: sans-serif; color: #223 }</style></head><body>
            <h1>Confirm your address</h1>
            <p>Hello Ada, your code is <b style="font-size: 1.4em">482913</b>.</p>
            <p><a href="http://localhost:8080/verify#token=abc">Confirm</a></p>
            <p id="script">untouched</p><script>document.getElementById('script').textContent = 'ran'</script>
            <img id="inline" src="cid:dot"><img id="remote" src="/icon.svg">
            </body></html>
            --r
            Content-Type: image/gif
            Content-ID: <dot>
            Content-Transfer-Encoding: base64

            R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7
            --r--
            --a--
            """.ReplaceLineEndings("\r\n"));
        await Expect(page.Locator("#list li")).ToHaveCountAsync(5);
    }

    private Task PostSmsAsync(string to, string code)
        => PostAsync("/sms", $$"""{"kind":"scope-confirm","channel":"sms","to":"{{to}}","code":"{{code}}","text":"Your code is {{code}}. It is valid for 10 minutes."}""");

    private async Task PostAsync(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await inbox.Http.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
    }
}
