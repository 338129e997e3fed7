/** The browser or its page is of no more use; what was asked of it may be asked of a new renderer. */
export class RendererCrash extends Error {
  override name = 'RendererCrash';
}

/** It did not answer in time: a busy machine does that, too, so it says nothing about what the browser can do. */
export class RendererTimeout extends RendererCrash {}

/** It answered that this backend does not draw here. */
export class CannotDraw extends RendererCrash {}
