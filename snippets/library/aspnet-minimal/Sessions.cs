// What a browser keeps of its visits. All of it is in the cookie:
// kept in the server's memory, it would be lost at each release
// and unknown to the other copies.

using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace App;

public sealed record Session(int Visits, IReadOnlyList<long> Notes);

public sealed class Sessions(IDataProtectionProvider keys)
{
    private const string Cookie = "session";

    private readonly IDataProtector protector = keys.CreateProtector(Cookie);

    /// <summary>
    /// What it brought; an empty one where it brought none that is
    /// ours.
    /// </summary>
    public Session Read(HttpContext context)
    {
        try
        {
            if (context.Request.Cookies[Cookie] is { } held)
            {
                return JsonSerializer.Deserialize<Session>(protector.Unprotect(held))!;
            }
        }
        catch (CryptographicException error) when (!Database.IsAway(error))
        {
            // Forged, or of a key that is gone.
        }
        return new(0, []);
    }

    public void Write(HttpContext context, Session session) =>
        context.Response.Cookies.Append(Cookie, protector.Protect(JsonSerializer.Serialize(session)), new()
        {
            HttpOnly = true,
            // The form of another site comes without it.
            SameSite = SameSiteMode.Lax,
            // Behind a proxy the visitor's side is HTTPS;
            // without one, a Secure cookie would be lost.
            Secure = context.Request.IsHttps,
        });
}
