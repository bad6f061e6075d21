using ScopeSigning.Data;

namespace ScopeSigning.Http;

internal static class KeyChanges
{
    public static IResult ToResult(this KeyChangeResult result) => result switch
    {
        KeyChangeResult.Done => TypedResults.Ok(new StatusResponse { Status = "confirmed" }),
        KeyChangeResult.Unknown => TokenGate.UnknownKey.ToResult(),
        KeyChangeResult.Revoked => TokenGate.RevokedKey.ToResult(),
        KeyChangeResult.NotProven => ScopeSigningProblems.ConfirmFirst.ToResult("Both values have to be verified for this key first."),
        KeyChangeResult.BoundElsewhere => ScopeSigningProblems.DuplicateHash.ToResult("The pair is bound to another key."),
        _ => ScopeSigningProblems.Replayed.ToResult(),
    };
}
