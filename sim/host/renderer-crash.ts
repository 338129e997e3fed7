/** The browser or its page is of no more use; what was asked of it may be asked of a new renderer. */
export class RendererCrash extends Error {
  override name = 'RendererCrash';
}
