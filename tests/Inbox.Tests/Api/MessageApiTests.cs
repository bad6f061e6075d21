using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Inbox.Tests.Api;

/// <summary>Posting, listing, searching, reading and deleting, in Mailpit's shape.</summary>
public sealed class MessageApiTests : IAsyncLifetime
{
    private readonly InboxHost inbox = new(("MaxMessages", "200"));

    public ValueTask InitializeAsync() => inbox.InitializeAsync();

    public ValueTask DisposeAsync() => inbox.DisposeAsync();

    [Theory]
    [InlineData("/sms", "{\"to\":\"+31612345678\",\"text\":\"hi\"}", "sms", "+31612345678", "", "hi")]
    [InlineData("/sms", "{\"id\":\"1\",\"kind\":\"scope-confirm\",\"channel\":\"sms\",\"to\":\"+31612345678\",\"code\":\"123456\",\"text\":\"Code 123456\",\"expires\":\"2026-01-01T00:00:00Z\"}", "sms", "+31612345678", "scope-confirm", "Code 123456")]
    [InlineData("/sms", "{\"channel\":\"tts\",\"to\":\"+31612345678\",\"text\":\"1, 2\"}", "tts", "+31612345678", "", "1, 2")]
    [InlineData("/push", "{\"kind\":\"login\",\"devtoken\":\"token-1\",\"callback\":\"https://a.example/1\",\"iss\":\"i\",\"iat\":1,\"exp\":121}", "push", "token-1", "login", "https://a.example/1")]
    [InlineData("/push", "{\"to\":\"token-2\",\"title\":\"Sign in?\",\"body\":\"now\"}", "push", "token-2", "Sign in?", "now")]
    [InlineData("/letter", "{\"channel\":\"letter\",\"to\":{\"street_address\":\"Dorpsstraat 1\",\"locality\":\"Ons Dorp\",\"postal_code\":\"1234 AB\",\"country\":\"NL\"},\"code\":\"123456\"}", "letter", "Dorpsstraat 1, Ons Dorp, 1234 AB, NL", "", "123456")]
    [InlineData("/letter", "{\"to\":\"Ada, Dorpsstraat 1\"}", "letter", "Ada, Dorpsstraat 1", "", "{\"to\":\"Ada, Dorpsstraat 1\"}")]
    [InlineData("/test", "{\"kind\":\"scope-confirm\",\"channel\":\"email\",\"to\":\"ada@example.org\",\"code\":\"123456\"}", "email", "ada@example.org", "scope-confirm", "123456")]
    [InlineData("/test", "{\"channel\":\"tts\",\"to\":\"+31612345678\"}", "tts", "+31612345678", "", "{\"channel\":\"tts\",\"to\":\"+31612345678\"}")]
    public async Task Post_EachSink_KindToSubjectAndTextFollowTheBody(string path, string body, string kind, string to, string subject, string snippet)
    {
        using var response = await PostAsync(path, body);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var id = (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("ID").GetString();
        Assert.Equal($"/api/v1/message/{id}", response.Headers.Location?.OriginalString);
        var message = await inbox.GetAsync($"/api/v1/message/{id}");
        Assert.Equal(kind, message.GetProperty("Kind").GetString());
        Assert.Equal(to, message.GetProperty("To")[0].GetProperty("Address").GetString());
        Assert.Equal("", message.GetProperty("To")[0].GetProperty("Name").GetString());
        Assert.Equal(subject, message.GetProperty("Subject").GetString());
        Assert.Equal(snippet, message.GetProperty("Snippet").GetString());
        Assert.Equal(body, message.GetProperty("Text").GetString());
        Assert.Equal("", message.GetProperty("HTML").GetString());
        Assert.Equal(kind, (await inbox.GetAsync("/api/v1/messages")).GetProperty("messages")[0].GetProperty("Kind").GetString());
    }

    [Fact]
    public async Task Post_IdempotencyKey_IsTheMessageId()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sms") { Content = new StringContent("{\"id\":\"in the body\",\"to\":\"1\"}", Encoding.UTF8, "application/merge-patch+json") };
        request.Headers.Add("Idempotency-Key", "key-1");
        using var response = await inbox.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        await PostAsync("/sms", "{\"id\":\"in the body\",\"to\":\"1\"}");

        var messages = (await inbox.GetAsync("/api/v1/messages")).GetProperty("messages");
        Assert.Equal("in the body", messages[0].GetProperty("MessageID").GetString());
        Assert.Equal("key-1", messages[1].GetProperty("MessageID").GetString());
    }

    [Fact]
    public async Task Message_Mail_HasEveryMember()
    {
        await using (var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort))
        {
            await client.SendMailAsync("From: Boss <boss@example.org>\r\nTo: Ada <ada@example.org>\r\nSubject: Hi\r\nX-Scope-Signing-Kind: scope-confirm\r\nMessage-ID: <1@x>\r\n"
                + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>☂</p>\r\n--b\r\nContent-Type: image/png; name=\"ü;.png\"\r\n\r\nPNG\r\n--b--");
        }

        var message = await inbox.GetAsync("/api/v1/message/latest");
        var id = message.GetProperty("ID").GetString();
        Assert.Equal("email", message.GetProperty("Kind").GetString());
        Assert.Equal("Boss", message.GetProperty("From").GetProperty("Name").GetString());
        Assert.Equal("boss@example.org", message.GetProperty("From").GetProperty("Address").GetString());
        Assert.Equal("Ada", message.GetProperty("To")[0].GetProperty("Name").GetString());
        Assert.Equal("Hi", message.GetProperty("Subject").GetString());
        Assert.Equal("☂", message.GetProperty("Text").GetString());
        Assert.Equal("<p>☂</p>", message.GetProperty("HTML").GetString());
        Assert.Equal("2026-01-02T03:04:05.678Z", message.GetProperty("Created").GetString());
        Assert.Equal("1@x", message.GetProperty("MessageID").GetString());
        Assert.Equal("sender@example.org", message.GetProperty("ReturnPath").GetString());
        Assert.Equal("2", message.GetProperty("Attachments")[0].GetProperty("PartID").GetString());

        Assert.Equal("scope-confirm", (await inbox.GetAsync($"/api/v1/message/{id}/headers")).GetProperty("X-Scope-Signing-Kind")[0].GetString());
        var raw = await inbox.Http.GetStringAsync(new Uri($"/api/v1/message/{id}/raw", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.StartsWith("From: Boss", raw, StringComparison.Ordinal);
        using var part = await inbox.Http.GetAsync(new Uri($"/api/v1/message/{id}/part/2", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("PNG", await part.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("application/octet-stream", part.Content.Headers.ContentType?.MediaType);
        Assert.Equal("attachment", part.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal("ü;.png", part.Content.Headers.ContentDisposition?.FileNameStar);
    }

    [Fact]
    public async Task List_Paging_NewestFirstFiftyByDefault()
    {
        for (var i = 0; i < 60; i++)
        {
            await PostAsync("/sms", $"{{\"to\":\"{i}\"}}");
        }

        Assert.Equal((60, 50, "59", "10"), await PageAsync("/api/v1/messages"));
        Assert.Equal((60, 10, "9", "0"), await PageAsync("/api/v1/messages?start=50"));
        Assert.Equal((60, 2, "57", "56"), await PageAsync("/api/v1/messages?start=2&limit=2"));
        Assert.Equal((60, 60, "59", "0"), await PageAsync("/api/v1/messages?limit=1000"));
        Assert.Equal((60, 0, null, null), await PageAsync("/api/v1/messages?limit=0"));
        Assert.Equal((60, 0, null, null), await PageAsync("/api/v1/messages?start=60"));
        Assert.Equal((60, 0, null, null), await PageAsync("/api/v1/messages?start=2147483647&limit=2147483647"));
    }

    [Theory]
    [InlineData("code", "1 2")]
    [InlineData("CODE 111111", "1")]
    [InlineData("\"Your code\"", "1")]
    [InlineData("to:\"ada@example.org\"", "3")]
    [InlineData("to:ADA", "3")]
    [InlineData("from:boss", "3")]
    [InlineData("subject:welcome", "3")]
    [InlineData("kind:sms", "1")]
    [InlineData("kind:s", "")]
    [InlineData("-kind:sms", "2 3")]
    [InlineData("!code", "3")]
    [InlineData("message-id:m3@x", "3")]
    [InlineData("message-id:m3", "")]
    [InlineData("-", "2 3")]
    [InlineData("nowhere", "")]
    [InlineData("code kind:tts", "2")]
    [InlineData("https://a.example/x", "3")]
    [InlineData("\"never closed", "")]
    public async Task Search_Query_FindsWhatMatches(string query, string expected)
    {
        await PostAsync("/sms", "{\"id\":\"1\",\"to\":\"+31612345678\",\"text\":\"Your code is 111111\"}");
        await PostAsync("/sms", "{\"id\":\"2\",\"channel\":\"tts\",\"to\":\"+31600000000\",\"text\":\"The code-word\"}");
        await using (var client = await SmtpClientConnection.GreetAsync(inbox.SmtpPort))
        {
            await client.SendMailAsync("From: Boss <boss@example.org>\r\nTo: ada@example.org\r\nSubject: Welcome - Ada\r\nMessage-ID: <m3@x>\r\n\r\nhttps://a.example/x");
        }

        var page = await inbox.GetAsync($"/api/v1/search?query={Uri.EscapeDataString(query)}");

        Assert.Equal(expected, string.Join(' ', page.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("MessageID").GetString()![..1].Replace('m', '3')).Order(StringComparer.Ordinal)));
        Assert.Equal(3, page.GetProperty("total").GetInt32());
        Assert.Equal(page.GetProperty("messages").GetArrayLength(), page.GetProperty("messages_count").GetInt32());
    }

    [Fact]
    public async Task Search_Wait_AnswersWhenAMatchArrives()
    {
        await PostAsync("/sms", "{\"to\":\"other\"}");
        var waiting = inbox.Clock.WaitForTimerAsync(TimeSpan.FromSeconds(30));
        var search = inbox.GetAsync("/api/v1/search?query=to:ada&wait=30");
        await waiting;
        await PostAsync("/sms", "{\"to\":\"still another\"}");
        await PostAsync("/sms", "{\"to\":\"ada\"}");

        Assert.Equal(1, (await search).GetProperty("messages_count").GetInt32());
    }

    [Fact]
    public async Task Search_WaitIsOver_AnswersWithNothing()
    {
        var waiting = inbox.Clock.WaitForTimerAsync(TimeSpan.FromSeconds(30));
        var search = inbox.GetAsync("/api/v1/search?query=to:ada&wait=30");
        await waiting;
        inbox.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(0, (await search).GetProperty("messages_count").GetInt32());
    }

    [Fact]
    public async Task Delete_AllSomeOrMatching()
    {
        for (var i = 0; i < 5; i++)
        {
            await PostAsync("/sms", $"{{\"to\":\"{i}\"}}");
        }

        var ids = inbox.Store.Snapshot().Select(message => message.Id).ToList();
        Assert.Equal("ok", await DeleteAsync("/api/v1/messages", $"{{\"IDs\":[\"{ids[0]}\",\"{ids[2]}\",\"unknown\"]}}"));
        Assert.Equal(["3", "1", "0"], inbox.Store.Snapshot().Select(message => message.To[0].Address));

        Assert.Equal("ok", await DeleteAsync("/api/v1/search?query=to:1", null));
        Assert.Equal(["3", "0"], inbox.Store.Snapshot().Select(message => message.To[0].Address));
        Assert.Equal(HttpStatusCode.NotFound, (await inbox.Http.GetAsync(new Uri($"/api/v1/message/{ids[0]}", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode);

        Assert.Equal("ok", await DeleteAsync("/api/v1/messages", null));
        Assert.Equal(0, (await inbox.GetAsync("/api/v1/messages")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Events_Change_IsToldAtOnceAndAfterEachChange()
    {
        using var response = await inbox.Http.GetAsync(new Uri("/api/v1/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));

        Assert.Equal("0", await NextAsync("change"));
        await PostAsync("/sms", "{\"to\":\"1\"}");
        Assert.Equal("1", await NextAsync("change"));

        await inbox.Clock.WaitForTimerAsync(TimeSpan.FromSeconds(15));
        inbox.Clock.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("", await NextAsync("ping"));

        async Task<string> NextAsync(string type)
        {
            while (await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Limit) is { } line)
            {
                if (line == "event: " + type)
                {
                    return (await reader.ReadLineAsync(TestContext.Current.CancellationToken))!["data:".Length..].Trim();
                }

                Assert.False(line.StartsWith("event: ", StringComparison.Ordinal), line);
            }

            return "end of the stream";
        }
    }

    [Fact]
    public async Task Answers_AreNeverCachedOrSniffed()
    {
        using var response = await inbox.Http.GetAsync(new Uri("/api/v1/messages", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private async Task<(int Total, int Count, string? First, string? Last)> PageAsync(string path)
    {
        var page = await inbox.GetAsync(path);
        var to = page.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("To")[0].GetProperty("Address").GetString()).ToList();
        return (page.GetProperty("total").GetInt32(), to.Count, to.FirstOrDefault(), to.LastOrDefault());
    }

    private Task<HttpResponseMessage> PostAsync(string path, string body)
        => inbox.Http.PostAsync(new Uri(path, UriKind.Relative), new StringContent(body, Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);

    private async Task<string> DeleteAsync(string path, string? body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await inbox.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
