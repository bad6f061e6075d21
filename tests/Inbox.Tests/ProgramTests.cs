using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Inbox.Tests;

/// <summary>The inbox as a process, started the way AppHost starts it.</summary>
public sealed partial class ProgramTests
{
    [Fact]
    public async Task Process_Starts_TakesMailAndStopsOnSigterm()
    {
        using var process = Start(("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("Inbox__SmtpPort", "0"));
        await using var end = new ProcessEnd(process);
        var ports = new Dictionary<string, int>(StringComparer.Ordinal);
        while (ports.Count < 2 && await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (ListeningOn().Match(line) is { Success: true } match)
            {
                ports[match.Groups["scheme"].Value] = int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture);
            }
        }

        await using (var client = await SmtpClientConnection.GreetAsync(ports["smtp"]))
        {
            await client.SendMailAsync("Subject: hi\r\n\r\nhello");
            using var http = new HttpClient { BaseAddress = new($"http://127.0.0.1:{ports["http"]}") };
            Assert.Equal("hello\n", (await http.GetFromJsonAsync<JsonElement>("/api/v1/message/latest", TestContext.Current.CancellationToken)).GetProperty("Text").GetString());

            using var terminate = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
            Assert.StartsWith("421 4.3.2", await client.ReadReplyAsync(), StringComparison.Ordinal);
        }

        // What is still written has to be read, or the process would wait for somebody to do so.
        var rest = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        Assert.DoesNotContain("hello", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Process_SmtpPortTaken_EndsAndSaysHowToChooseAnother()
    {
        var inbox = new InboxHost();
        await inbox.InitializeAsync();
        using var process = Start(("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("Inbox__SmtpPort", inbox.SmtpPort.ToString(CultureInfo.InvariantCulture)));
        await using var end = new ProcessEnd(process);

        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await inbox.DisposeAsync();

        Assert.NotEqual(0, process.ExitCode);
        Assert.Contains("Choose another port with Inbox:SmtpPort", await output + errors, StringComparison.Ordinal);
    }

    // A test that fails leaves no process behind, and one whose process hangs ends: with the process its output ends.
    private sealed class ProcessEnd : IAsyncDisposable
    {
        private readonly Process process;
        private readonly Timer timer;

        public ProcessEnd(Process process)
        {
            this.process = process;
            timer = new(_ => process.Kill(), state: null, Patience.Limit, Timeout.InfiniteTimeSpan);
        }

        public async ValueTask DisposeAsync()
        {
            await timer.DisposeAsync();
            process.Kill();
        }
    }

    private static Process Start(params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(InboxOptions).Assembly.Location]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    [GeneratedRegex(@"Now listening on: (?<scheme>\w+)://[^:]+:(?<port>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListeningOn();
}
