using ServiceDefaults.Http;

namespace DeviceRegistry.Http;

/// <summary>The bodies of errors that no operation answered itself: unknown paths, wrong methods, exceptions.</summary>
internal sealed class ProblemBodyWriter : IErrorBodyWriter
{
    public Task WriteAsync(HttpContext context, int status)
    {
        var problem = DeviceRegistryProblems.ForStatus(status);
        // Some statuses have no entry of their own; the answer still says which one it was.
        return (problem.Status == status ? problem : problem with { Status = status }).ExecuteAsync(context);
    }
}
