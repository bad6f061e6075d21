using Microsoft.Playwright;
using Pages.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace Pages.Tests.Flows;

public sealed class AccountTests(PagesFixture fixture)
{
    [Fact]
    public async Task Names_Changed_AskForThePasswordOnce()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);

        await visitor.Field("Display name").FillAsync("Ada, Countess");
        await visitor.Field("User name").FillAsync("countess");
        await visitor.Button("Save").ClickAsync();
        await visitor.ProveByPasswordAsync(person);

        await Expect(visitor.Main).ToContainTextAsync("Hello Ada, Countess.");
        await Expect(visitor.Main).ToContainTextAsync("countess#");
        await Expect(visitor.Notice).ToContainTextAsync("Saved.");
    }

    [Fact]
    public async Task Sudo_WrongPassword_IsToldInTheDialogAndClosingItChangesNothing()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.Field("User name").FillAsync("countess");
        await visitor.Button("Save").ClickAsync();

        await visitor.ProveByPasswordAsync(person with { Password = "something else" });
        await Expect(visitor.Dialog).ToContainTextAsync("This is not your password.");
        await visitor.Page.Keyboard.PressAsync("Escape");

        await Expect(visitor.Dialog).ToHaveCountAsync(0);
        await Expect(visitor.Field("User name")).ToHaveValueAsync("countess");
        await Expect(visitor.Button("Save")).ToBeFocusedAsync();
        await visitor.Page.ReloadAsync();
        await Expect(visitor.Field("User name")).ToHaveValueAsync("ada");
    }

    [Fact]
    public async Task Address_ChangedByBothCodes_CanBeTakenBackByTheOldOne()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await person.ConfirmAsync(fixture, visitor.Address);
        var next = Person.NewEmail();
        await visitor.SignInAsync(person);

        await visitor.Button("Change the address").ClickAsync();
        await visitor.Field("Code from the mail").FillAsync("AAAA-AAAA");
        await visitor.Button("Continue").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync("This is not the code.");
        await visitor.Field("Code from the mail").FillAsync(await fixture.Inbox.ReadMailCodeAsync(person.Email));
        await visitor.Button("Continue").ClickAsync();
        await visitor.Field("New e-mail address").FillAsync(next);
        await visitor.Button("Continue").ClickAsync();
        await visitor.Field("Code from the mail").FillAsync(await fixture.Inbox.ReadMailCodeAsync(next));
        await visitor.Button("Change the address").ClickAsync();
        await visitor.ProveByPasswordAsync(person);
        await Expect(visitor.Notice).ToContainTextAsync($"Mails now go to {next}.");
        await Expect(visitor.Page.Locator(".facts")).ToContainTextAsync(next);

        // "It wasn't me", in the old mailbox, at another computer.
        await using var owner = await fixture.OpenAsync();
        await owner.GoAsync(await fixture.Inbox.ReadLinkAsync(person.Email, Inbox.AddressChanged));
        await owner.Field("New password").FillAsync("nobody else knows this one");
        await owner.Button("Take my account back").ClickAsync();
        await Expect(owner.Title).ToHaveTextAsync("Your account");
        await Expect(owner.Page.Locator(".facts")).ToContainTextAsync(person.Email);

        await visitor.OpenSectionAsync("Security");
        await Expect(visitor.Notice).ToContainTextAsync("Your session has ended.");
    }

    [Fact]
    public async Task Password_Changed_EndsEverySessionAndTheOldOneFails()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Security");

        await visitor.Field("Current password").FillAsync(person.Password);
        await visitor.Field("New password").FillAsync("sixteen purple elephants");
        await visitor.Button("Change the password").ClickAsync();

        await Expect(visitor.Title).ToHaveTextAsync("Sign in");
        await Expect(visitor.Notice).ToContainTextAsync("Your password is changed");
        await visitor.TypePasswordAsync(person);
        await Expect(visitor.Page.GetByText("The address or the password is wrong.").First).ToBeVisibleAsync();
        await visitor.TypePasswordAsync(person with { Password = "sixteen purple elephants" });
        await Expect(visitor.Title).ToHaveTextAsync("Your account");
    }

    [Fact]
    public async Task Password_Forgotten_IsChangedByAMailedCode()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Security");

        await visitor.Button("I do not know my current password").ClickAsync();
        await visitor.Field("Code from the mail").FillAsync(await fixture.Inbox.ReadMailCodeAsync(person.Email));
        await visitor.Button("Continue").ClickAsync();
        await visitor.Field("New password").FillAsync("sixteen purple elephants");
        await visitor.Button("Change the password").ClickAsync();

        await Expect(visitor.Notice).ToContainTextAsync("Your password is changed");
        await visitor.TypePasswordAsync(person with { Password = "sixteen purple elephants" });
        await Expect(visitor.Title).ToHaveTextAsync("Your account");
    }

    [Fact]
    public async Task Password_WrongCurrentOne_IsToldBesideIt()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Security");

        await visitor.Field("Current password").FillAsync("not my password");
        await visitor.Field("New password").FillAsync("sixteen purple elephants");
        await visitor.Button("Change the password").ClickAsync();

        await Expect(visitor.Main).ToContainTextAsync("This is not your password.");
        await Expect(visitor.Field("New password")).ToHaveValueAsync("sixteen purple elephants");
    }

    [Fact]
    public async Task Account_Disabled_ComesBackWithTheNextSignIn()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);

        await visitor.Button("Disable the account").ClickAsync();
        await visitor.Dialog.GetByRole(AriaRole.Button, new() { Name = "Disable the account" }).ClickAsync();
        await visitor.ProveByPasswordAsync(person);
        await Expect(visitor.Notice).ToContainTextAsync("Your account is disabled.");
        await Expect(visitor.Title).ToHaveTextAsync("Sign in");

        await visitor.SignInAsync(person);
    }

    [Fact]
    public async Task Account_DeletionAskedForAndCancelled_ThenDone()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);

        await visitor.Button("Delete the account").ClickAsync();
        await visitor.Dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel" }).ClickAsync();
        await Expect(visitor.Title).ToHaveTextAsync("Your account");
        await visitor.Button("Delete the account").ClickAsync();
        await visitor.Dialog.GetByRole(AriaRole.Button, new() { Name = "Delete the account" }).ClickAsync();
        await visitor.ProveByPasswordAsync(person);

        await Expect(visitor.Notice).ToContainTextAsync("will be deleted in 14 days");
        Assert.Null(await visitor.StoredSessionAsync());
    }

    [Fact]
    public async Task Sessions_OthersEnded_OnlyThisOneIsLeft()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Sessions");
        await Expect(visitor.Main.Locator(".card")).ToHaveCountAsync(2);
        await Expect(visitor.Main.Locator(".badge")).ToHaveTextAsync("this one");

        await visitor.Button("End the other session").ClickAsync();
        await visitor.ProveByPasswordAsync(person);

        await Expect(visitor.Notice).ToContainTextAsync("The session has ended.");
        await Expect(visitor.Main.Locator(".card")).ToHaveCountAsync(1);
        await visitor.Button("Forget all networks").ClickAsync();
        await visitor.ProveByPasswordAsync(person);
        await Expect(visitor.Notice).ToContainTextAsync("The next sign-in needs an approval by mail.");
    }

    [Fact]
    public async Task HandOff_CodeTypedAtTheOtherBrowser_SignsThisOneIn()
    {
        await using var signedIn = await fixture.OpenAsync();
        await signedIn.SignInAsync(await signedIn.NewPersonAsync());
        await using var television = await fixture.OpenAsync();
        await television.GoAsync("/");
        await television.Link("Sign in with the help of another device").ClickAsync();
        var code = await television.Page.GetByLabel("Your code").TextContentAsync();

        await signedIn.OpenSectionAsync("Approve a code");
        await signedIn.Field("Code").FillAsync("AAAA-AAAA");
        await signedIn.Button("Sign that device in").ClickAsync();
        await Expect(signedIn.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("This code is not known");
        await signedIn.Field("Code").FillAsync(code!.ToLowerInvariant().Replace('-', ' '));
        await signedIn.Button("Sign that device in").ClickAsync();

        await Expect(signedIn.Main).ToContainTextAsync("the other device is signed in now");
        await Expect(television.Title).ToHaveTextAsync("Your account");
        Assert.NotEqual(await signedIn.StoredSessionAsync(), await television.StoredSessionAsync());
    }
}
