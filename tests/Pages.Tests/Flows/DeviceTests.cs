using Microsoft.Playwright;
using Pages.Tests.Infrastructure;
using Pages.Tests.Looks;
using static Microsoft.Playwright.Assertions;

namespace Pages.Tests.Flows;

public sealed class DeviceTests(PagesFixture fixture)
{
    private const string Groups = "authlance/identity/api/v1";

    [Fact]
    public async Task KeyOfAGroup_FromTheFirstBrowserToTheSecond_ThenRotatedAndRevoked()
    {
        await using var first = await fixture.OpenAsync();
        await using var second = await fixture.OpenAsync();
        var (ada, grace) = (await first.NewPersonAsync(), await second.NewPersonAsync());
        var group = await NewGroupAsync(administrator: ada, members: [grace]);

        // The first browser makes the group's key.
        await OpenGroupAsync(first, ada, group);
        await first.Field("Name of this browser").FillAsync("Ada's laptop");
        await first.Button("Enrol this browser").ClickAsync();
        await Expect(first.Main).ToContainTextAsync("Enrolled as “Ada's laptop”, with the group's key (version 1).");
        await Expect(first.Page.Locator(".group-head .live")).ToHaveTextAsync("Live");
        await Expect(Device(first, "Ada's laptop")).ToContainTextAsync("online");

        // The second asks for it, and the first sees that at once.
        await OpenGroupAsync(second, grace, group);
        await second.Field("Name of this browser").FillAsync("Grace's tablet");
        await second.Button("Enrol this browser").ClickAsync();
        var shown = await second.Page.GetByLabel("Code to compare").TextContentAsync();
        await Expect(Device(first, "Grace's tablet")).ToContainTextAsync("waits for the key");
        await first.Button("Approve: Grace's tablet").ClickAsync();
        await Expect(first.Dialog.GetByLabel("Code to compare")).ToHaveTextAsync(shown!);
        await LookCheck.OfAsync(first, "group-compare");
        await LookCheck.OfAsync(second, "group-waiting");
        await first.Button("The codes are the same").ClickAsync();
        await Expect(first.Notice).ToContainTextAsync("Grace's tablet has the group's key now.");
        await Expect(second.Main).ToContainTextAsync("with the group's key (version 1).");
        await Expect(Device(first, "Grace's tablet")).ToContainTextAsync("has the key");

        await LookCheck.OfAsync(first, "group");

        // A reload finds the key where it was left, and no script can carry it away.
        await second.Page.ReloadAsync();
        await Expect(second.Main).ToContainTextAsync("with the group's key (version 1).");
        Assert.False(await second.Page.EvaluateAsync<bool>(
            """
            async () => {
              const { readKey } = await import(document.querySelector("script[type=module]").src.replace("app.js", "keys/keyStore.js"));
              const { userId } = JSON.parse(localStorage.getItem("platform.session"));
              const names = await new Promise((done) => {
                const opened = indexedDB.open("platform-keys");
                opened.onsuccess = () => {
                  const all = opened.result.transaction("keys").objectStore("keys").getAllKeys();
                  all.onsuccess = () => { opened.result.close(); done(all.result); };
                };
              });
              const kept = await readKey(names.find((name) => name.startsWith(`device/${userId}/`)));
              return kept.privateKey.extractable;
            }
            """));

        // A new key reaches the other browser by itself.
        await first.Button("Make a new group key").ClickAsync();
        await first.Dialog.GetByRole(AriaRole.Button, new() { Name = "Make a new group key" }).ClickAsync();
        await Expect(first.Notice).ToContainTextAsync("2 devices have the new key.");
        await Expect(first.Main).ToContainTextAsync("with the group's key (version 2).");
        await Expect(second.Main).ToContainTextAsync("with the group's key (version 2).");

        // Out of the group: at once, and with a new key for who is left.
        await first.Button("Revoke: Grace's tablet").ClickAsync();
        await first.Dialog.GetByRole(AriaRole.Button, new() { Name = "Revoke" }).ClickAsync();
        await Expect(first.Notice).ToContainTextAsync("Grace's tablet is revoked.");
        await Expect(first.Main).ToContainTextAsync("with the group's key (version 3).");

        // The session that enrolled the browser ends with it. Signed in again, it says why it has no key.
        await Expect(second.Title).ToHaveTextAsync("Sign in");
        await Expect(second.Notice).ToContainTextAsync("Your session has ended.");
        await second.TypePasswordAsync(grace);
        await Expect(second.Main).ToContainTextAsync("An administrator has revoked this browser.");
    }

    [Fact]
    public async Task KeyRequest_Refused_CanBeAskedAgain()
    {
        await using var first = await fixture.OpenAsync();
        await using var second = await fixture.OpenAsync();
        var ada = await first.NewPersonAsync();
        var group = await NewGroupAsync(administrator: ada, members: []);
        await OpenGroupAsync(first, ada, group);
        await first.Button("Enrol this browser").ClickAsync();
        await Expect(first.Main).ToContainTextAsync("with the group's key (version 1).");

        // The same person, at another computer.
        await second.GoAsync("/");
        await second.TypePasswordAsync(ada);
        await first.GoAsync(await fixture.Inbox.ReadLinkAsync(ada.Email, Inbox.NewPlace));
        await first.Button("Yes, it is me").ClickAsync();
        await Expect(second.Title).ToHaveTextAsync("Your account");
        await second.GoAsync($"/devices?group={group}");
        await second.Field("Name of this browser").FillAsync("Kitchen");
        await second.Button("Enrol this browser").ClickAsync();
        await Expect(second.Page.GetByLabel("Code to compare")).ToBeVisibleAsync();

        await first.GoAsync($"/devices?group={group}");
        await first.Button("Approve: Kitchen").ClickAsync();
        await first.Button("They differ").ClickAsync();
        await first.Button("Refuse: Kitchen").ClickAsync();

        await Expect(second.Button("Ask for the group's key")).ToBeVisibleAsync();
        await second.Button("Ask for the group's key").ClickAsync();
        await Expect(first.Button("Approve: Kitchen")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Group_UnknownOrForeign_SaysWhatToDo()
    {
        await using var visitor = await fixture.OpenAsync();
        var person = await visitor.NewPersonAsync();
        var foreign = await NewGroupAsync(administrator: await Person.RegisterAsync(fixture, PagesFixture.NewAddress()), members: []);
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Devices");
        await visitor.Field("Name of the group").FillAsync(foreign);

        await visitor.Button("Open").ClickAsync();

        await Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("There is no such group, or you are not a member of it.");
        await Expect(visitor.Field("Name of the group")).ToHaveValueAsync(foreign);
        await visitor.Field("Name of the group").FillAsync("Not A Name");
        await visitor.Button("Open").ClickAsync();
        await Expect(visitor.Main).ToContainTextAsync("Small letters from a to z, digits and hyphens.");
    }

    [Fact]
    public async Task Group_CreatedByThePlatformsAdministrator_TakesMembersByTheirAddress()
    {
        var administrator = await Person.AdministratorAsync(fixture);
        await using var visitor = await fixture.OpenAsync(Person.AdministratorAddress);
        await visitor.ResumeAsync(administrator);
        await using var guest = await fixture.OpenAsync();
        var person = await guest.NewPersonAsync();
        await person.ConfirmAsync(fixture, guest.Address);
        var name = $"family-{Guid.NewGuid():N}";

        await visitor.OpenSectionAsync("Devices");
        await visitor.Page.GetByLabel("Name of the group").Nth(1).FillAsync(name);
        await visitor.Button("Create").ClickAsync();
        await Expect(visitor.Notice).ToContainTextAsync($"The group {name} is there.");
        await visitor.Field("E-mail address of a new member").FillAsync(person.Email);
        await visitor.Button("Add").ClickAsync();
        await Expect(visitor.Notice).ToContainTextAsync($"{person.Email} is a member now.");
        await Expect(visitor.Main).ToContainTextAsync("invited, has not come yet");

        await OpenGroupAsync(guest, person, name);
        await Expect(guest.Button("Enrol this browser")).ToBeVisibleAsync();
    }

    private static ILocator Device(Visitor visitor, string name) => visitor.Main.Locator(".card", new() { Has = visitor.Page.Locator(".presence") }).Filter(new() { HasText = name });

    private static async Task OpenGroupAsync(Visitor visitor, Person person, string group)
    {
        await visitor.SignInAsync(person);
        await visitor.OpenSectionAsync("Devices");
        await visitor.Field("Name of the group").First.FillAsync(group);
        await visitor.Button("Open").ClickAsync();
        await Expect(visitor.Main.GetByRole(AriaRole.Heading, new() { Level = 2 })).ToHaveTextAsync(group);
    }

    /// <summary>A group with its own administrator, as the platform's administrator makes one.</summary>
    private async Task<string> NewGroupAsync(Person administrator, IReadOnlyList<Person> members)
    {
        var platform = await Person.AdministratorAsync(fixture);
        var name = $"group-{Guid.NewGuid():N}";
        await platform.CallAsync(fixture, HttpMethod.Put, $"{Groups}/admin/group", new { id = -1, name });
        foreach (var member in members.Prepend(administrator))
        {
            await platform.CallAsync(fixture, HttpMethod.Post, $"{Groups}/admin/group/{name}/members", new { identity = member.Id, email = member.Email, firstName = member.Email[..8] });
        }

        await platform.CallAsync(fixture, HttpMethod.Post, $"{Groups}/realm/admin/group/{name}/role", new { identity = administrator.Id, roles = new[] { "group-admin" } });
        return name;
    }
}
