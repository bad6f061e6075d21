using System.Globalization;
using System.Net;
using Microsoft.Playwright;

namespace Pages.Tests.Infrastructure;

/// <summary>
/// Somebody at a browser. The page must not report an error, ask another origin or break its own content security policy:
/// closing it fails the test otherwise.
/// </summary>
internal sealed class Visitor : IAsyncDisposable
{
    private readonly PagesFixture _fixture;
    private readonly Socks5Relay _relay;
    private readonly List<string> _problems = [];

    public Visitor(PagesFixture fixture, Socks5Relay relay, IBrowserContext context, IPage page)
    {
        (_fixture, _relay, Context, Page) = (fixture, relay, context, page);
        var origin = fixture.BaseUrl.GetLeftPart(UriPartial.Authority);
        context.WebError += (_, error) => _problems.Add(error.Error);
        context.Console += (_, message) =>
        {
            // A refused or lost request is the test's own doing; everything else (a violated policy too) is ours.
            if (message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                _problems.Add(message.Text);
            }
        };
        context.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(origin + "/", StringComparison.Ordinal) && !request.Url.StartsWith("blob:" + origin, StringComparison.Ordinal))
            {
                _problems.Add($"Asked {request.Url}");
            }
        };
    }

    public IBrowserContext Context { get; }

    public IPage Page { get; }

    public IPAddress Address => _relay.From;

    /// <summary>The page's one heading of the first level.</summary>
    public ILocator Title => Page.GetByRole(AriaRole.Heading, new() { Level = 1 });

    /// <summary>The line that says what has just happened.</summary>
    public ILocator Notice => Page.Locator("#notice");

    public ILocator Main => Page.Locator("main");

    public ILocator Dialog => Page.GetByRole(AriaRole.Dialog);

    public ILocator Button(string name, bool exact = true) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = exact });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true });

    public ILocator Field(string label) => Page.GetByLabel(label, new() { Exact = false });

    /// <summary>Goes to a section by its link above the page.</summary>
    public Task OpenSectionAsync(string name) => Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();

    public Task GoAsync(string path) => Page.GotoAsync(path);

    public async Task SignInAsync(Person person)
    {
        await GoAsync("/");
        await TypePasswordAsync(person);
        await Assertions.Expect(Title).ToHaveTextAsync("Your account");
    }

    /// <summary>Goes on with a session that began elsewhere: sign-ins of one account are few.</summary>
    public async Task ResumeAsync(Person person)
    {
        await GoAsync("/forgot");
        await Page.EvaluateAsync("session => localStorage.setItem('platform.session', JSON.stringify(session))", new { token = person.Token, userId = person.Id });
        await GoAsync("/");
        await Assertions.Expect(Title).ToHaveTextAsync("Your account");
    }

    public async Task TypePasswordAsync(Person person)
    {
        await Field("E-mail address").FillAsync(person.Email);
        await Page.GetByLabel("Password", new() { Exact = true }).FillAsync(person.Password);
        await Button("Sign in").ClickAsync();
    }

    public async Task SignOutAsync()
    {
        await Page.Locator("#account").GetByRole(AriaRole.Button).ClickAsync();
        await Assertions.Expect(Title).ToHaveTextAsync("Sign in");
    }

    /// <summary>Answers the dialog that wants the password.</summary>
    public async Task ProveByPasswordAsync(Person person)
    {
        await Assertions.Expect(Dialog).ToContainTextAsync("Confirm that it is you");
        await Dialog.GetByLabel("Password").FillAsync(person.Password);
        await Dialog.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
    }

    /// <summary>Answers the dialog that wants a second factor.</summary>
    public async Task ProveByCodeAsync(string code)
    {
        await Assertions.Expect(Dialog).ToContainTextAsync("Confirm that it is you");
        await Dialog.GetByLabel("Code").FillAsync(code);
        await Dialog.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
    }

    public Task<string?> StoredSessionAsync() => Page.EvaluateAsync<string?>("localStorage.getItem('platform.session')");

    /// <summary>Keeps a picture for people, in a folder that git ignores.</summary>
    public async Task ScreenshotAsync(string name)
    {
        var folder = PagesFixture.FolderOf("Screenshots");
        Directory.CreateDirectory(folder);
        await Page.ScreenshotAsync(new PageScreenshotOptions
        {
            Path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{name}.png")),
            FullPage = true,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Context.DisposeAsync();
        await _relay.DisposeAsync();
        Assert.Empty(_problems);
    }

    /// <summary>An account whose first network is this browser's.</summary>
    public Task<Person> NewPersonAsync() => Person.RegisterAsync(_fixture, Address);
}
