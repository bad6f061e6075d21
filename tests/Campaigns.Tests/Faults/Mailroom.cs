using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;

namespace Campaigns.Tests.Faults;

/// <summary>Empties the development inbox into memory while messages come, so that however many come none is pushed out.</summary>
internal sealed class Mailroom : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Letterbox> letterboxes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, int>> arrived = new(StringComparer.Ordinal);
    private readonly HttpClient client;
    private readonly CancellationTokenSource ends = new();
    private readonly Task work;

    public Mailroom(Uri inbox)
    {
        client = new HttpClient { BaseAddress = inbox, Timeout = TimeSpan.FromSeconds(60) };
        work = WorkAsync();
    }

    /// <summary>The text of the first message for a recipient that says something.</summary>
    /// <param name="saying">Part of its text.</param>
    /// <exception cref="TimeoutException">There was none in time.</exception>
    public Task<string> ReadAsync(string recipient, TimeSpan patience, string saying = "") => For(recipient).WaitFor(saying).WaitAsync(patience);

    /// <summary>Different messages for a recipient: repeats of one under the same id count once.</summary>
    public int CountFor(string recipient) => arrived.TryGetValue(recipient, out var messages) ? messages.Count : 0;

    /// <summary>Messages that came a second time under the same id, which at-least-once delivery allows.</summary>
    public int Repeats => arrived.Values.Sum(messages => messages.Values.Sum(times => times - 1));

    public async ValueTask DisposeAsync()
    {
        await ends.CancelAsync();
        try
        {
            await work;
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpRequestException)
        {
            // As it should end; or the stack has ended before, and whoever missed a message has said so.
        }

        client.Dispose();
        ends.Dispose();
    }

    private Letterbox For(string recipient) => letterboxes.GetOrAdd(recipient, _ => new Letterbox());

    private async Task WorkAsync()
    {
        while (!ends.IsCancellationRequested)
        {
            var list = await client.GetFromJsonAsync<JsonElement>("api/v1/messages?limit=200&wait=5", ends.Token);
            var ids = list.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("ID").GetString()!).ToList();
            foreach (var id in ids)
            {
                var message = await client.GetFromJsonAsync<JsonElement>($"api/v1/message/{id}", ends.Token);
                foreach (var recipient in message.GetProperty("To").EnumerateArray().Select(mailbox => mailbox.GetProperty("Address").GetString()!))
                {
                    arrived.GetOrAdd(recipient, _ => new(StringComparer.Ordinal)).AddOrUpdate(message.GetProperty("MessageID").GetString()!, 1, (_, times) => times + 1);
                    For(recipient).Add(message.GetProperty("Text").GetString()!);
                }
            }

            if (ids.Count > 0)
            {
                using var request = new HttpRequestMessage(HttpMethod.Delete, "api/v1/messages") { Content = JsonContent.Create(new { IDs = ids }, options: JsonSerializerOptions.Default) };
                using var answer = await client.SendAsync(request, ends.Token);
                answer.EnsureSuccessStatusCode();
            }
        }
    }

    /// <summary>The texts for one recipient, and who waits for which.</summary>
    private sealed class Letterbox
    {
        private readonly Lock gate = new();
        private readonly List<string> texts = [];
        private readonly List<(string Saying, TaskCompletionSource<string> Source)> readers = [];

        public void Add(string text)
        {
            lock (gate)
            {
                texts.Add(text);
                foreach (var (_, source) in readers.Where(reader => text.Contains(reader.Saying, StringComparison.Ordinal)))
                {
                    source.TrySetResult(text);
                }
            }
        }

        public Task<string> WaitFor(string saying)
        {
            lock (gate)
            {
                if (texts.Find(text => text.Contains(saying, StringComparison.Ordinal)) is { } found)
                {
                    return Task.FromResult(found);
                }

                var source = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
                readers.Add((saying, source));
                return source.Task;
            }
        }
    }
}
