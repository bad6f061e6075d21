using RelyingParty;

// relying-party ISSUER KEYSET-FILE < TOKEN
if (args is not [var issuer, var keySetFile])
{
    Console.Error.WriteLine("usage: RelyingParty ISSUER KEYSET-FILE < TOKEN");
    return 2;
}

var verifier = new ScopeVerifier(issuer, await File.ReadAllTextAsync(keySetFile));
var (scope, refusal) = verifier.Verify((await Console.In.ReadToEndAsync()).Trim(), TimeProvider.System.GetUtcNow());
Console.WriteLine(scope is null
    ? $"refused: {refusal}"
    : $"{scope.Scope} {scope.Value} belongs to key {scope.Subject}, until {scope.Expires:yyyy-MM-dd}");
return scope is null ? 1 : 0;
