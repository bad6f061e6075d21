namespace Gateway.Tests.Support;

internal static class Paths
{
    /// <summary>The address as written: HttpClient would otherwise decode and shorten it.</summary>
    public static Uri AsWritten(this GatewayHost gateway, string target)
        => new(gateway.Address.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
}
