using ScopeSigning.Tests.Support;

namespace ScopeSigning.Tests.Features;

public sealed class GetErrorTextTests(ScopeSigningHost host)
{
    private readonly Api api = new(host);

    [Fact]
    public async Task GetErrorText_EveryCode_HasAParagraph()
    {
        foreach (var problem in ScopeSigningProblems.All)
        {
            var answer = await api.GetAsync($"/errors/{problem.Code}");

            Assert.Equal(200, answer.Status);
            Assert.Equal("text/plain", answer.ContentHeaders.ContentType!.MediaType);
            Assert.Contains(problem.Title, answer.Body, StringComparison.Ordinal);
        }

        Assert.Equal(19, ScopeSigningProblems.All.Select(problem => problem.Code).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task GetErrorText_UnknownCode_IsNotFound() => Assert.Equal("not-found", (await api.GetAsync("/errors/Bad-Request")).Code);
}
