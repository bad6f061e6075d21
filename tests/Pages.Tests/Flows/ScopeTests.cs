using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Pages.Tests.Infrastructure;
using Pages.Tests.Looks;
using static Microsoft.Playwright.Assertions;

namespace Pages.Tests.Flows;

public sealed class ScopeTests(PagesFixture fixture)
{
    [Fact]
    public async Task Address_SignedForAKeyOfThisBrowser_ThenTheKeyRevoked()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        var address = $"signed-{Guid.NewGuid():N}@example.org";
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Signed facts");

        await visitor.Button("Make a key in this browser").ClickAsync();
        var secret = await visitor.Dialog.Locator(".secret").TextContentAsync();
        await visitor.Button("I have kept it").ClickAsync();
        await Expect(visitor.Page.Locator("dd.secret")).ToHaveTextAsync(new Regex("^[A-Za-z0-9_-]{43}$", RegexOptions.None, TimeSpan.FromSeconds(1)));

        await visitor.Field("E-mail address").FillAsync(address);
        await visitor.Button("Send me a code").ClickAsync();
        var code = await fixture.Inbox.ReadScopeCodeAsync(address);
        await visitor.Field("Code from the mail").FillAsync(code == "000000" ? "000001" : "000000");
        await visitor.Button("Confirm").ClickAsync();
        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("That is not right.");
        await visitor.Field("Code from the mail").FillAsync(code);
        await visitor.Button("Confirm").ClickAsync();

        await Expect(visitor.Notice).ToContainTextAsync("Your address is signed.");
        var card = visitor.Main.Locator(".card");
        await Expect(card).ToContainTextAsync(address);
        await Expect(card.Locator(".badge")).ToHaveTextAsync("signature verified");
        await card.GetByText("What exactly is signed").ClickAsync();
        await Expect(card.Locator("pre")).ToContainTextAsync("\"email_verified\": true");

        await LookCheck.OfAsync(visitor, "scopes-signed");

        await visitor.Field("The secret that you have kept").FillAsync(secret!);
        await visitor.Button("Revoke the key").ClickAsync();
        await Expect(visitor.Notice).ToContainTextAsync("The key is revoked.");
        await Expect(visitor.Button("Make a key in this browser")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Address_TokenAltered_IsNotShownAsSigned()
    {
        await using var visitor = await fixture.OpenAsync();
        await visitor.SignInAsync(await visitor.NewPersonAsync());
        await visitor.OpenSectionAsync("Signed facts");
        await visitor.Button("Make a key in this browser").ClickAsync();
        await visitor.Button("I have kept it").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync("Nothing yet.");

        // Somebody with access to this browser's storage adds a token that he has made himself.
        await visitor.Page.EvaluateAsync(
            """
            async () => {
              const folder = document.querySelector("script[type=module]").src.replace("app.js", "");
              const { readKey, keepKey } = await import(folder + "keys/keyStore.js");
              const { selfSigned } = await import(folder + "keys/signingKey.js");
              const name = `signing/${JSON.parse(localStorage.getItem("platform.session")).userId}`;
              const mine = await readKey(name);
              await keepKey(name, { ...mine, tokens: [await selfSigned(mine, { scope: "email", email: "president@example.org", email_verified: true })] });
            }
            """);
        await visitor.Page.ReloadAsync();

        await Expect(visitor.Main).ToContainTextAsync("The signature of this token is not valid");
        await Expect(visitor.Main).Not.ToContainTextAsync("president@example.org");
    }
}
