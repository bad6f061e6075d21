using Aspire.Hosting.ApplicationModel;

namespace AppHost.Tests.Engine;

public sealed class LogTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("logs-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Log_TooManyLines_OldestGoAndNumbersStay()
    {
        using var log = new ResourceLog(TimeProvider.System);
        for (var i = 0; i <= ResourceLog.MaxLines; i++)
        {
            log.Write("x", isError: false);
        }

        var kept = log.Last(int.MaxValue);

        Assert.Equal(ResourceLog.MaxLines, kept.Count);
        Assert.Equal(2, kept[0].Number);
    }

    [Fact]
    public void Log_TooManyCharacters_OldestGo()
    {
        using var log = new ResourceLog(TimeProvider.System);
        var line = new string('x', ResourceLog.MaxLineLength);
        for (var i = 0; i < 100; i++)
        {
            log.Write(line, isError: false);
        }

        Assert.InRange(log.Last(int.MaxValue).Sum(e => e.Text.Length), ResourceLog.MaxCharacters - ResourceLog.MaxLineLength, ResourceLog.MaxCharacters);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Log_LineLength_IsLimited(int more, bool isCut)
    {
        using var log = new ResourceLog(TimeProvider.System);

        log.Write(new string('x', ResourceLog.MaxLineLength + more), isError: false);

        Assert.Equal(isCut, log.Last(1)[0].Text.EndsWith('…'));
    }

    [Fact]
    public void Log_WrittenToAFile_HasWhatWasKeptAndWhatFollows()
    {
        var path = Path.Combine(_folder.FullName, "a.log");
        using (var log = new ResourceLog(TimeProvider.System))
        {
            log.Write("before", isError: false);
            log.WriteTo(path);
            log.Write("after", isError: true);
        }

        var lines = File.ReadAllLines(path);
        Assert.EndsWith(" out before", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(" err after", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watch_BeforeAndAfter_SeesEveryLineOnce()
    {
        using var logs = new ResourceLoggerService(TimeProvider.System);
        logs.Log("a").Write("kept", isError: false);
        var seen = new List<string>();

        await foreach (var batch in logs.WatchAsync("a"))
        {
            seen.AddRange(batch.Select(l => l.Content));
            if (seen.Count == 1)
            {
                logs.Log("a").Write("live", isError: false);
                logs.Complete("a");
            }
        }

        Assert.Equal(["kept", "live"], seen);
    }
}
