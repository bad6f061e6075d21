using Inbox.Messages;
using Microsoft.Extensions.Options;

namespace Inbox.Tests;

/// <summary>Both bounds of the store, and what a watcher sees.</summary>
public sealed class MessageStoreTests
{
    [Fact]
    public void Add_MoreThanMaxMessages_TheOldestGoes()
    {
        var store = NewStore(maxMessages: 3, maxBytes: long.MaxValue);
        Fill(store, 3, "");
        Assert.Equal(["2", "1", "0"], Ids(store));

        store.Add(NewMessage("3", ""));
        Assert.Equal(["3", "2", "1"], Ids(store));
        Assert.Null(store.Find("0"));
        Assert.Equal("3", store.Newest()?.Id);
    }

    [Fact]
    public void Add_MoreThanMaxBytes_TheOldestGoes()
    {
        var cost = NewMessage("0", "text").Cost;
        var store = NewStore(maxMessages: 100, maxBytes: 3 * cost);
        Fill(store, 3, "text");
        Assert.Equal(3, store.Snapshot().Count);

        store.Add(NewMessage("3", "text"));
        Assert.Equal(["3", "2", "1"], Ids(store));
        store.Remove(["3", "2"]);
        store.Add(NewMessage("4", "text"));
        store.Add(NewMessage("5", "text"));
        Assert.Equal(["5", "4", "1"], Ids(store));
    }

    [Fact]
    public void Add_OneMessageOverMaxBytes_StaysAlone()
    {
        var store = NewStore(maxMessages: 100, maxBytes: 2000);
        Fill(store, 1, "");
        store.Add(NewMessage("big", new string('x', 10_000)));

        Assert.Equal(["big"], Ids(store));
    }

    [Fact]
    public void Cost_CountsOctetsAndTextAndAttachments()
    {
        var message = NewMessage("0", "1234567890") with { Html = "12345", Raw = new byte[100], Attachments = [new("1", "a", "a/b", "", new byte[1000])] };

        Assert.Equal(1024 + 100 + (2 * 15) + 256 + 1000, message.Cost);
    }

    [Fact]
    public async Task WaitForChange_EndsWithTheNextChangeOnly()
    {
        var store = NewStore(maxMessages: 3, maxBytes: long.MaxValue);
        var seen = store.Version;
        var wait = store.WaitForChangeAsync(seen, TestContext.Current.CancellationToken);
        Assert.False(wait.IsCompleted);

        store.Add(NewMessage("0", ""));
        await wait;
        Assert.True(store.WaitForChangeAsync(seen, TestContext.Current.CancellationToken).IsCompleted);
        Assert.False(store.WaitForChangeAsync(store.Version, TestContext.Current.CancellationToken).IsCompleted);
    }

    private static MessageStore NewStore(int maxMessages, long maxBytes) => new(Options.Create(new InboxOptions { MaxMessages = maxMessages, MaxBytes = maxBytes }));

    private static void Fill(MessageStore store, int count, string text)
    {
        for (var i = 0; i < count; i++)
        {
            store.Add(NewMessage(i.ToString(System.Globalization.CultureInfo.InvariantCulture), text));
        }
    }

    private static IEnumerable<string> Ids(MessageStore store) => store.Snapshot().Select(message => message.Id);

    private static Message NewMessage(string id, string text) => new()
    {
        Id = id,
        Kind = MessageKind.Sms,
        MessageId = "",
        Created = DateTimeOffset.UnixEpoch,
        From = Mailbox.None,
        To = [],
        Subject = "",
        Snippet = "",
        Text = text,
        MediaType = "application/json",
        Raw = default,
    };
}
