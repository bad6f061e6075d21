using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class DeleteScopeTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAA")]
    [InlineData("x")]
    public async Task DeleteScope_Unknown_IsUnknown(string job) => Assert.Equal("unknown-job", (await api.DeleteAsync($"/scope/{job}")).Code);

    [Fact]
    public async Task DeleteScope_Living_IsGoneEverywhereAndTheSecondTimeUnknown()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, message) = await api.RequestPhoneAsync(person, Api.NewPhone());

        var first = await api.DeleteAsync($"/scope/{job}");

        Assert.Equal(200, first.Status);
        Assert.Equal("done", first.Text("status"));
        Assert.Equal("unknown-job", (await api.DeleteAsync($"/scope/{job}")).Code);
        Assert.Equal("unknown-job", (await api.GetAsync($"/scope/{job}")).Code);
        Assert.Equal("unknown-job", (await api.ConfirmAsync(job, new { code = message.Code })).Code);
        Assert.Equal(0, await host.CountAsync("SELECT count(*) FROM jobs WHERE sub = @sub", new { sub = person.Sub }));
    }

    [Fact]
    public async Task DeleteScope_AgainstSigning_TwoHundredJobsEndGoneWithoutAFault()
    {
        var people = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ => (await api.RegisterAsync()).Person));
        var jobs = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => api.RequestPhoneAsync(people[i % 20], Api.NewPhone())));

        var deletions = await Task.WhenAll(jobs.Select(async job =>
        {
            await api.ConfirmAsync(job.Job, new { code = job.Message.Code });
            return await api.DeleteAsync($"/scope/{job.Job}");
        }));

        Assert.All(deletions, answer => Assert.Equal(200, answer.Status));
        foreach (var person in people)
        {
            Assert.Equal(0, await host.CountAsync("SELECT count(*) FROM jobs WHERE sub = @sub", new { sub = person.Sub }));
        }
    }

    [Fact]
    public async Task DeleteScope_TwoHundredInParallel_OneIsDone()
    {
        var (person, _) = await api.RegisterAsync();
        var (job, _) = await api.RequestPhoneAsync(person, Api.NewPhone());

        await api.WarmUpAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => api.DeleteAsync($"/scope/{job}")));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal(199, answers.Count(answer => answer.Status == 404));
    }
}
