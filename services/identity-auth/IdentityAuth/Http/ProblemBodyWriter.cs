using ServiceDefaults.Http;

namespace IdentityAuth.Http;

/// <summary>The bodies of errors that no operation answered itself: unknown paths, wrong methods, exceptions.</summary>
internal sealed class ProblemBodyWriter : IErrorBodyWriter
{
    public Task WriteAsync(HttpContext context, int status)
    {
        var problem = IdentityAuthProblems.ForStatus(status);
        if (problem == IdentityAuthProblems.RateLimited)
        {
            return problem.With(json =>
            {
                json.WriteBoolean("global"u8, false);
                json.WriteNumber("retry_after"u8, 1);
            }).ExecuteAsync(context);
        }

        // A refused request line or header: the body has the shape of every 400.
        return problem.Code == IdentityAuthProblems.InvalidFormBody.Code
            ? new FieldErrors("root", FieldCodes.InvalidFormat).ExecuteAsync(context)
            : (problem.Status == status ? problem : problem with { Status = status }).ExecuteAsync(context);
    }
}
