using ScopeSigning.Data;

namespace ScopeSigning.Signing;

/// <summary>What an operator can do with the issuer keys, on the command line, with the service's own settings.</summary>
internal static class IssuerKeyCommands
{
    public static async Task<int> RunAsync(IServiceProvider services, string[] command)
    {
        var rotation = services.GetRequiredService<IssuerKeyRotation>();
        switch (command)
        {
            case ["list"]:
                foreach (var key in await services.GetRequiredService<IssuerKeyStore>().ListAsync(CancellationToken.None))
                {
                    Console.WriteLine($"{key.Kid}  {(key.Test ? "test" : "real")}  {key.State,-7}  made {key.CreatedAt:yyyy-MM-dd HH:mm} UTC");
                }

                return 0;

            case ["rotate", "real" or "test"]:
                if (await rotation.RunAsync(force: true, forceTest: command[1] == "test", CancellationToken.None))
                {
                    Console.WriteLine("The announced key signs from now on; the one before stays published until its tokens are dead.");
                    return 0;
                }

                Console.Error.WriteLine("The next key has not been published for 24 hours yet, so relying parties may not know it. Try again later.");
                return 1;

            case ["remove", var kid]:
                if (await rotation.RemoveCompromisedAsync(kid, CancellationToken.None))
                {
                    Console.WriteLine("Removed. The announced key signs from now on.");
                    return 0;
                }

                Console.Error.WriteLine("There is no such key.");
                return 1;

            default:
                Console.Error.WriteLine("keys list | keys rotate real|test | keys remove KID (a compromised key, at once)");
                return 2;
        }
    }
}
