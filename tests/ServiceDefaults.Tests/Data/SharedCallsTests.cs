using ServiceDefaults.Data;

namespace ServiceDefaults.Tests.Data;

/// <summary>A store that answers when the test says so.</summary>
public sealed class SharedCallsTests
{
    private const int Limit = 3;

    private readonly List<(IReadOnlyList<int> Requests, TaskCompletionSource<IReadOnlyList<string>> Answers)> _calls = [];
    private readonly AsyncLocal<string?> _ambient = new();
    private readonly List<string?> _ambientInCalls = [];
    private readonly SharedCalls<int, string> _shared;

    public SharedCallsTests() => _shared = new SharedCalls<int, string>(Limit, Call);

    [Fact]
    public async Task Ask_Alone_IsCalledByItself()
    {
        var asked = _shared.AskAsync(1);

        await CalledAsync(1);
        Assert.Equal([1], Assert.Single(_calls).Requests);
        Answer(0);
        Assert.Equal("answer to 1", await asked);
    }

    [Fact]
    public async Task Ask_WhileACallIsUnderWay_GoTogetherInTheNextUpToItsLimit()
    {
        var asked = await AskAsync(6);
        Assert.Equal([1], Assert.Single(_calls).Requests);

        Answer(0);
        await asked[0];
        await CalledAsync(2);
        Assert.Equal([2, 3, 4], _calls[1].Requests);
        Answer(1);
        await CalledAsync(3);
        Assert.Equal([5, 6], _calls[2].Requests);
        Answer(2);

        Assert.Equal(Enumerable.Range(1, 6).Select(number => $"answer to {number}"), await Task.WhenAll(asked));
        var later = _shared.AskAsync(7);
        await CalledAsync(4); // the one before may be ending still
        Assert.Equal([7], _calls[3].Requests);
        Answer(3);
        Assert.Equal("answer to 7", await later);
    }

    [Fact]
    public async Task Ask_TheCallFails_ThoseInItAndThoseThatWaitAreToldAndTheNextIsCalled()
    {
        var asked = await AskAsync(5);

        // On a thread without a context everything that a failure leads to happens before this goes on.
        await Task.Run(() => _calls[0].Answers.SetException(new TimeoutException("silence")));

        foreach (var one in asked)
        {
            Assert.Equal("silence", (await Assert.ThrowsAsync<TimeoutException>(() => one)).Message);
        }

        var again = _shared.AskAsync(6);
        await CalledAsync(2);
        Assert.Equal([6], _calls[1].Requests);
        Answer(1);
        Assert.Equal("answer to 6", await again);
    }

    [Fact]
    public async Task Tell_NobodyAsks_IsCalledAMomentLater()
    {
        _shared.Tell(1);

        await CalledAsync(1);
        Assert.Equal([1], _calls[0].Requests);
        Answer(0);
    }

    [Fact]
    public async Task Tell_SomebodyAsks_GoesBeforeItInTheSameCall()
    {
        var first = _shared.AskAsync(0);
        await CalledAsync(1);
        _shared.Tell(1);
        var second = _shared.AskAsync(2);

        Answer(0);
        await first;
        await CalledAsync(2);
        Assert.Equal([1, 2], _calls[1].Requests);
        Answer(1);
        Assert.Equal("answer to 2", await second);
    }

    [Fact]
    public async Task Ask_FromManyThreads_EachGetsItsOwnAnswer()
    {
        var calls = 0;
        var shared = new SharedCalls<int, string>(Limit, async requests =>
        {
            Interlocked.Increment(ref calls);
            await Task.Yield();
            return [.. requests.Select(number => $"answer to {number}")];
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 5000).Select(number => Task.Run(() => shared.AskAsync(number))));

        Assert.Equal(Enumerable.Range(0, 5000).Select(number => $"answer to {number}"), answers);
        Assert.InRange(calls, 5000 / Limit, 5000);
    }

    [Fact]
    public async Task Ask_SomethingIsAmbient_CallsDoNotSeeItAndTheCallerKeepsIt()
    {
        _ambient.Value = "the first caller's";
        var first = _shared.AskAsync(1);
        Assert.Equal("the first caller's", _ambient.Value);
        await CalledAsync(1);
        var second = _shared.AskAsync(2);

        // Who brings the answer works for nobody.
        _ambient.Value = null;
        Answer(0);
        await first;
        await CalledAsync(2);
        Answer(1);
        await second;

        Assert.Equal([null, null], _ambientInCalls);
    }

    // The first is under way before the others come.
    private async Task<IReadOnlyList<Task<string>>> AskAsync(int count)
    {
        var first = _shared.AskAsync(1);
        await CalledAsync(1);
        return [first, .. Enumerable.Range(2, count - 1).Select(_shared.AskAsync)];
    }

    private Task<IReadOnlyList<string>> Call(IReadOnlyList<int> requests)
    {
        var answers = new TaskCompletionSource<IReadOnlyList<string>>();
        lock (_calls)
        {
            _ambientInCalls.Add(_ambient.Value);
            _calls.Add((requests, answers));
        }

        return answers.Task;
    }

    private void Answer(int call) => _calls[call].Answers.SetResult([.. _calls[call].Requests.Select(number => $"answer to {number}")]);

    private async Task CalledAsync(int count)
    {
        while (true)
        {
            lock (_calls)
            {
                if (_calls.Count >= count)
                {
                    return;
                }
            }

            await Task.Yield();
        }
    }
}
