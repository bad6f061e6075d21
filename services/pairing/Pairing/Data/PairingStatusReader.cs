using Pairing.Domain;

namespace Pairing.Data;

/// <summary>How a pairing stands, for one tenant: the link in Postgres first, because it decides; then the state in Redis.</summary>
internal sealed class PairingStatusReader(PairingDatabase database, PairingStore store, TimeProvider clock)
{
    public async Task<PairingView> ReadAsync(Guid tenantId, Guid jti, CancellationToken cancellationToken)
    {
        if (await database.FindLinkAsync(tenantId, jti, cancellationToken) is { } linkedAt)
        {
            return PairingView.Linked(linkedAt, clock.GetUtcNow());
        }

        var state = await store.FindAsync(jti);
        return state is not null && state.TenantId == tenantId ? state.ViewAt(clock.GetUtcNow()) : PairingView.NotFound;
    }
}
