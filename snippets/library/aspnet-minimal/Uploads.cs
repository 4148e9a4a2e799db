// Files that visitors bring, each under a name of ours in one
// directory that outlives the container.

using System.Security.Cryptography;

namespace App;

public static class Uploads
{
    /// <summary>
    /// Write it, whole and to the disk; return its name. Only then is
    /// its row written: a row names a file that is there. A file
    /// without a row can be swept away.
    /// </summary>
    public static async Task<string> Keep(string folder, IFormFile file)
    {
        string name = RandomNumberGenerator.GetHexString(32, lowercase: true);
        string aside = Path.Combine(folder, $".{name}");
        try
        {
            await using (FileStream disk = new(aside, FileMode.CreateNew))
            {
                await file.CopyToAsync(disk);
                disk.Flush(flushToDisk: true);
            }
            File.Move(aside, Path.Combine(folder, name));
        }
        finally
        {
            File.Delete(aside);
        }
        return name;
    }

    public static void MapUploads(this WebApplication app) =>
        // Handed on as it came, to be saved: a page that
        // somebody brought is not shown as one of ours.
        app.MapGet("/notes/{number:long}/file", async (long number, Database database, Settings settings) =>
        {
            Note? note = database.Exists ? await database.Find(number) : null;
            return settings.Uploads is { } folder && note is { Upload: { } name }
                ? Results.File(Path.Combine(folder, name), "application/octet-stream", note.UploadName)
                : Results.NotFound();
        });
}
