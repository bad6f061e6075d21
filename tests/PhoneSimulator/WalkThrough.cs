using QRCoder;

namespace PhoneSimulator;

/// <summary>The story that the README tells: a login server shows a QR code, a phone reads it and is paired.</summary>
internal sealed class WalkThrough(CommandLine options, TextWriter output) : IDisposable
{
    // As often as published login servers ask.
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1.5);

    private readonly HttpClient gateway = new(new HttpTranscript(output)) { BaseAddress = options.Gateway, Timeout = TimeSpan.FromSeconds(35) };
    private int step;

    /// <exception cref="GatewayRefusalException">A request was refused, or the pairing did not end as it should.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var tenantKey = options.TenantKey;
        if (tenantKey is null && options.Jwt is null)
        {
            await SayAsync("An administrator makes a tenant.");
            tenantKey = await LoginServer.CreateTenantAsync(gateway, options.AdminKey!, cancellationToken);
        }

        var loginServer = tenantKey is null ? null : new LoginServer(gateway, tenantKey);
        var qrContent = options.Jwt;
        if (qrContent is null)
        {
            await SayAsync($"The tenant's login server mints a pairing for user {options.User}.");
            qrContent = await loginServer!.CreatePairingAsync(options.User, options.UserName, cancellationToken);
            await ShowQrCodeAsync(qrContent);
        }

        using var phone = new Phone(gateway, qrContent);
        await SayAsync($"The phone has read the QR code of pairing {phone.PairingId}. It makes a P-256 key and announces itself.");
        var challenge = await phone.InitAsync(cancellationToken);

        await SayAsync($"The phone shows “Pair as {challenge.UserName}?” and fetches the key to encrypt its measurement to.");
        var encryptionKey = await phone.GetEncryptionKeyAsync(cancellationToken);

        await SayAsync("The phone signs the nonce and completes.");
        await phone.CompleteAsync(phone.CreateDataToken(encryptionKey), phone.Sign(challenge.Nonce), cancellationToken);

        if (loginServer is not null)
        {
            await SayAsync("The login server asks how it went.");
            await WaitForApprovalAsync(loginServer, phone.PairingId, cancellationToken);
        }

        await output.WriteLineAsync($"PAIRED: device {phone.DeviceId}, user {challenge.UserName}, pairing {phone.PairingId}{(loginServer is null ? "" : ", status APPROVED")}.");
    }

    public void Dispose() => gateway.Dispose();

    private static async Task WaitForApprovalAsync(LoginServer loginServer, string pairingId, CancellationToken cancellationToken)
    {
        // A phone that got its 204 is linked already; anything else than APPROVED can only be a race of two reads.
        for (var attempt = 0; attempt < 10; attempt++)
        {
            switch (await loginServer.GetStatusAsync(pairingId, cancellationToken))
            {
                case "APPROVED":
                    return;
                case "PENDING":
                    await Task.Delay(PollInterval, cancellationToken);
                    break;
                case var status:
                    throw new GatewayRefusalException(System.Net.HttpStatusCode.OK, "", $"The phone was accepted, but the pairing's status is {status}.");
            }
        }

        throw new TimeoutException("The phone was accepted, but the pairing's status stays PENDING.");
    }

    private async Task ShowQrCodeAsync(string content)
    {
        if (options.ShowQrCode)
        {
            using var generator = new QRCodeGenerator();
            using var data = generator.CreateQrCode(content, QRCodeGenerator.ECCLevel.L);
            using var code = new AsciiQRCode(data);

            // Drawn light on dark, as most terminals are; readers take the other way round too.
            await output.WriteLineAsync(code.GetGraphicSmall());
            await output.WriteLineAsync();
        }
    }

    private Task SayAsync(string text) => output.WriteLineAsync($"{++step}. {text}");
}
